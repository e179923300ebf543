import assert from "node:assert/strict";
import { Gpu, GpuError, GpuLostError, GpuMemoryError, type Kernel, ShapeError } from "@fiedler/gpu";
import { matmul, transpose } from "@fiedler/kernels";
import { uniform } from "../support/random.ts";

/** A kernel that does what the test needs; its interface as the generator would write it. */
function kernel(name: string, body: string, access: "read" | "read_write" = "read_write"): Kernel {
  return {
    name,
    source: `
      struct Params { count: u32 }
      @group(0) @binding(0) var<storage, ${access}> x: array<f32>;
      @group(0) @binding(1) var<uniform> params: Params;
      @compute @workgroup_size(64)
      fn ${name}(@builtin(global_invocation_id) id: vec3u) { ${body} }`,
    bindings: [{ name: "x", access, dtype: "f32" }],
    params: [{ name: "count", type: "u32" }],
    overrides: {},
    requires: [],
  };
}

const addOne = kernel("add_one", "if id.x < params.count { x[id.x] += 1.0; }");
const params = { count: 4 };
const once = { workgroups: [1] };

function gpuTest(name: string, body: (gpu: Gpu) => Promise<void>, options = {}): void {
  Deno.test(name, async () => {
    const gpu = await Gpu.open(options);
    try {
      await body(gpu);
    } finally {
      gpu.close();
    }
  });
}

gpuTest("an upload never overtakes work that is recorded", async (gpu) => {
  for (let i = 0; i < 20; i++) {
    // The scope frees the buffer at once; the next upload must not land in it before it is read.
    const out = gpu.scope(() => {
      const x = gpu.upload(new Float32Array(4).fill(i), [2, 2]);
      return transpose(gpu, x);
    });
    if (i % 5 === 4) assert.deepEqual([...await gpu.read(out)], Array(4).fill(i));
  }
});

gpuTest("many pending uploads keep their values until they are read", async (gpu) => {
  const tensors = Array.from({ length: 40 }, (_, i) =>
    gpu.scope(() => {
      const x = gpu.upload(new Float32Array(16).fill(i), [4, 4]);
      gpu.run(addOne, { x, params }, once);
      return transpose(gpu, x);
    }));
  const read = await gpu.readAll(tensors);
  read.forEach((array, i) => assert.deepEqual([array[0], array[15]], [i + 1, i]));
});

gpuTest("uniforms of more dispatches than fit one ring stay apart", async (gpu) => {
  const x = gpu.zeros([4]);
  for (let i = 0; i < 10_000; i++) gpu.run(addOne, { x, params: { count: 1 + i % 2 } }, once);
  assert.deepEqual([...await gpu.read(x)], [10_000, 5_000, 0, 0]);
});

gpuTest("a scope gives back all but what it returns, nested too", async (gpu) => {
  const before = gpu.memory.liveBytes;
  const kept = gpu.scope(() => {
    gpu.empty([1000]);
    const map = new Map([["of a map", gpu.zeros([300])]]);
    return { inner: [gpu.scope(() => gpu.zeros([500]))], map };
  });
  const after = gpu.memory.liveBytes - before;
  assert.ok(after >= 3200 && after < 4000, `${after} bytes`);
  assert.equal((await gpu.read(kept.inner[0])).length, 500);
  gpu.free(...kept.inner, ...kept.map.values());
  assert.equal(gpu.memory.liveBytes, before);
  assert.throws(() => gpu.scope(() => Promise.resolve()), TypeError);
});

gpuTest("memory does not grow with repetition", async (gpu) => {
  const work = () => void matmul(gpu, gpu.zeros([64, 64]), gpu.zeros([64, 64]));
  gpu.scope(work);
  await gpu.settle();
  const { peakBytes } = gpu.memory;
  for (let i = 0; i < 50; i++) gpu.scope(work);
  await gpu.settle();
  assert.equal(gpu.memory.peakBytes, peakBytes);
});

gpuTest("a shader that does not compile rejects the next read with its name", async (gpu) => {
  const x = gpu.zeros([4]);
  gpu.run(kernel("broken_shader", "x[0] = nonsense;"), { x, params }, once);
  await assert.rejects(() => gpu.read(x), { name: "GpuError", message: /broken_shader/ });
  assert.deepEqual([...await gpu.read(gpu.zeros([2]))], [0, 0]); // and the device goes on
});

gpuTest("what WebGPU would only log is refused at the call", (gpu) => {
  const x = gpu.zeros([4]);
  const count = gpu.zeros([4], "u32") as unknown as typeof x;
  const cases: [() => void, RegExp][] = [
    [() => gpu.run(addOne, { x, params }, { workgroups: [70_000] }), /add_one: workgroups/],
    [() => gpu.run(addOne, { x: count, params }, once), /add_one: "x" must be f32, got u32/],
    [() => gpu.run(addOne, { params } as never, once), /add_one: no tensor for "x"/],
    [() => gpu.run(addOne, { x, params: {} as never }, once), /params.count must be u32/],
    [() => gpu.run(addOne, { x, params: { count: -1 } }, once), /params.count must be u32, got -1/],
    [() => gpu.run(addOne, { x, params }, { ...once, overrides: { A: 1 } }), /named A/],
    [() => gpu.run(addOne, { x, params }, { ...once, variants: { A: 1 } }), /variant A = 1/],
  ];
  for (const [call, message] of cases) assert.throws(call, { message });
  assert.throws(() => gpu.upload(new Float32Array(3), [4]), ShapeError);
  assert.throws(() => gpu.empty([-1]), ShapeError);
  return Promise.resolve();
});

gpuTest("a tensor bound for reading and writing at once is refused", (gpu) => {
  const two: Kernel = {
    ...addOne,
    bindings: [
      { name: "x", access: "read", dtype: "f32" },
      { name: "y", access: "read_write", dtype: "f32" },
    ],
  };
  const x = gpu.zeros([4]);
  assert.throws(() => gpu.run(two, { x, y: x, params }, once), {
    message: "add_one: a tensor is bound for reading and for writing at once",
  });
  return Promise.resolve();
});

gpuTest("a lost device is a typed error, at once and from then on", async (gpu) => {
  const x = gpu.zeros([4]);
  await gpu.settle();
  gpu.device.destroy();
  await gpu.device.lost;
  await assert.rejects(() => gpu.read(x), GpuLostError);
  assert.throws(() => gpu.zeros([4]), GpuLostError);
});

gpuTest("a device that is lost while a read waits is a typed error too", async (gpu) => {
  const x = gpu.zeros([4]);
  await gpu.settle();
  gpu.device.destroy(); // and `lost` is not awaited: the read fails before it says so
  await assert.rejects(() => gpu.read(x), GpuLostError);
});

gpuTest("a buffer beyond the adapter's limit is refused with both numbers", (gpu) => {
  assert.throws(() => gpu.empty([2 ** 30]), {
    name: "GpuMemoryError",
    message: /4294967296 bytes/,
  });
  return Promise.resolve();
});

gpuTest("a memory budget is kept, and idle buffers make room first", async (gpu) => {
  gpu.scope(() => void gpu.empty([200_000])); // idle afterwards
  const x = gpu.empty([150_000]);
  assert.throws(() => gpu.empty([150_000]), GpuMemoryError);
  gpu.free(x);
  gpu.empty([220_000]);
  await gpu.settle();
}, { memoryBudgetBytes: 1 << 20 });

gpuTest("a driver that runs out of memory rejects the next read as such", async (gpu) => {
  const error = new GPUOutOfMemoryError("no space for a buffer");
  gpu.device.dispatchEvent(new GPUUncapturedErrorEvent("uncapturederror", { error }));
  await assert.rejects(() => gpu.settle(), { name: "GpuMemoryError", message: /no space for/ });
});

gpuTest("a wrapped device outlives its Gpu", async (owner) => {
  const guest = await Gpu.wrap(owner.device);
  assert.deepEqual([...await guest.read(guest.upload(Float32Array.of(1, 2), [2]))], [1, 2]);
  guest.close();
  assert.throws(() => guest.zeros([1]), GpuError);
  assert.deepEqual([...await owner.read(owner.upload(Float32Array.of(3), [1]))], [3]);
});

gpuTest(
  "a page's buffer that ends with its last element is told by the tensor's name",
  async (gpu) => {
    const { STORAGE, COPY_SRC } = GPUBufferUsage;
    const of = (size: number) => {
      const buffer = gpu.device.createBuffer({ size, usage: STORAGE | COPY_SRC });
      return { buffer, offset: 0, shape: [6], dtype: "f32" } as const;
    };
    assert.throws(() => gpu.run(addOne, { x: of(24), params }, once), {
      name: "ShapeError",
      message:
        "add_one: x of [6] f32 needs 32 bytes, a whole multiple of 16, and its buffer has 24 " +
        "from offset 0 on: make the buffer longer",
    });
    const x = of(32);
    gpu.run(addOne, { x, params }, once);
    assert.deepEqual([...await gpu.read(x)], [1, 1, 1, 1, 0, 0]);
  },
);

gpuTest("profiling counts every dispatch under its stage", async (gpu) => {
  const x = gpu.zeros([4]);
  gpu.stage("warm", () => gpu.run(addOne, { x, params }, once));
  for (let i = 0; i < 1500; i++) gpu.run(addOne, { x, params }, once); // more than one query set
  await gpu.settle();
  if (!gpu.profiling) return; // an adapter without timestamps: nothing to count
  const calls = gpu.kernelTimes.map(({ stage, calls }) => [stage, calls]);
  assert.deepEqual(calls.sort(), [["", 1500], ["warm", 1]]);
}, { profile: true });

gpuTest("poison shows a write behind the end, and what was never written", async (gpu) => {
  assert.ok((await gpu.read(gpu.empty([8]))).every(Number.isNaN));
  await gpu.checkGuards();
  const x = gpu.upload(uniform(4, { seed: 1 }), [4]);
  const setOne = kernel("set_one", "if id.x < params.count { x[id.x] = 1.0; }");
  gpu.run(setOne, { x, params: { count: 5 } }, once); // one too many
  await assert.rejects(() => gpu.checkGuards(), { message: /behind the end of a tensor \[4\]/ });
}, { poison: true });

gpuTest("the portable floor alone computes the same", async (gpu) => {
  assert.equal(gpu.adapter.subgroupSize, null);
  const a = uniform(33 * 20, { seed: 1 });
  const b = uniform(20 * 17, { seed: 2 });
  const product = await gpu.read(matmul(gpu, gpu.upload(a, [33, 20]), gpu.upload(b, [20, 17])));
  let sum = 0;
  for (let k = 0; k < 20; k++) sum += a[32 * 20 + k] * b[k * 17 + 16];
  assert.ok(Math.abs(product[32 * 17 + 16] - sum) < 1e-5);
}, { portable: true });

gpuTest("an empty array is uploaded as a tensor of no elements", async (gpu) => {
  const none = gpu.upload(new Float32Array(0), [0, 3]);
  assert.deepEqual(none.shape, [0, 3]);
  assert.equal((await gpu.read(none)).length, 0);
});

gpuTest(
  "work that comes again makes no bind group, also after its memory was given back",
  async (gpu) => {
    const product = (value: number) =>
      gpu.scope(() => {
        const x = gpu.zeros([4, 4]);
        for (let i = 0; i < value; i++) gpu.run(addOne, { x, params }, once);
        return transpose(gpu, x);
      });
    const first = product(3);
    const { bindGroups } = gpu.hostWork;
    assert.equal(bindGroups, 2); // of four dispatches
    gpu.free(first);
    const again = product(5);
    assert.deepEqual([...await gpu.read(again)].slice(0, 5), [5, 0, 0, 0, 5]);
    assert.equal(gpu.hostWork.bindGroups, bindGroups);
    gpu.free(again);
    gpu.trim(); // what the kept groups bind is destroyed
    assert.deepEqual([...await gpu.read(product(2))].slice(0, 5), [2, 0, 0, 0, 2]);
    assert.equal(gpu.hostWork.bindGroups, bindGroups + 2);
    const { dispatches, submits, readbacks } = gpu.hostWork;
    assert.deepEqual({ dispatches, submits, readbacks }, {
      dispatches: 13,
      submits: 2,
      readbacks: 2,
    });
  },
);

gpuTest("tensors of one buffer with other sizes have bind groups of their own", async (gpu) => {
  const length = kernel("length", "if id.x == 0 { x[0] = f32(arrayLength(&x)); }");
  const counts: number[] = [];
  for (const size of [64, 40, 64]) {
    const x = gpu.empty([size]);
    gpu.run(length, { x, params }, once);
    gpu.free(x);
    counts.push((await gpu.read(x))[0]);
  }
  assert.deepEqual(counts, [64, 40, 64]);
});

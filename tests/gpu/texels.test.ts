import assert from "node:assert/strict";
import { expandWgsl, Gpu, type Kernel, openPlanner, type Tensor } from "@fiedler/gpu";
import { layerNorm, matmul } from "@fiedler/kernels";
import { generator } from "../support/random.ts";

/** Adds what a texture of whole vectors and one of single floats say: order and ends show. */
const MIX: Kernel<{
  readonly quads: Tensor;
  readonly floats: Tensor;
  readonly out: Tensor;
  readonly params: { readonly count: number };
}> = {
  name: "mix",
  source: `struct Params { count: u32 }
@group(0) @binding(0) var<storage, read> quads: array<vec4f>;
@group(0) @binding(1) var<storage, read> floats: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;
@compute @workgroup_size(64)
fn mix(@builtin(global_invocation_id) id: vec3u) {
  if id.x >= params.count { return; }
  out[id.x] = quads[id.x / 4][id.x % 4] + 2 * floats[(id.x * 7) % params.count];
}`,
  bindings: [
    { name: "quads", access: "read", dtype: "f32", texels: "rgba32float" },
    { name: "floats", access: "read", dtype: "f32", texels: "r32float" },
    { name: "out", access: "read_write", dtype: "f32" },
  ],
  params: [{ name: "count", type: "u32" }],
  overrides: {},
  requires: [],
};

const values = (count: number, seed: number) =>
  Float32Array.from({ length: count }, generator(seed));

function mix(gpu: Gpu, quads: Tensor, floats: Tensor, count: number): Tensor {
  const out = gpu.empty([count]);
  gpu.run(MIX, { quads, floats, out, params: { count } }, { workgroups: [Math.ceil(count / 64)] });
  return out;
}

const mixed = (quads: Float32Array, floats: Float32Array) =>
  quads.map((value, i) => Math.fround(value + 2 * floats[(i * 7) % quads.length]));

Deno.test("kernels read through textures what they read from buffers", async () => {
  const gpu = await Gpu.open({ texels: true });
  try {
    // Less than a row, a row exactly, some rows and a rest, and less again: textures are reused.
    for (const count of [3, 4096, 4097, 70_000, 5]) {
      const [a, b] = [values(count, 1), values(count, 2)];
      const out = mix(gpu, gpu.upload(a, [count]), gpu.upload(b, [count]), count);
      assert.deepEqual(await gpu.read(out), mixed(a, b));
    }
  } finally {
    gpu.close();
  }
});

Deno.test("a texture has what its tensor has when the kernel runs, from its offset on", async () => {
  const gpu = await Gpu.open({ texels: true });
  try {
    const [first, second] = [values(512, 3), values(512, 4)];
    const both = gpu.upload(Float32Array.of(...first, ...second), [1024]);
    const behind: Tensor = { ...both, offset: 2048, shape: [512] };
    const x = gpu.upload(first, [512]);
    const sums = [mix(gpu, behind, x, 512)]; // recorded, not run
    gpu.copy(sums[0], x);
    sums.push(mix(gpu, x, behind, 512));
    const once = mixed(second, first);
    assert.deepEqual(await gpu.readAll(sums), [once, mixed(once, second)]);
  } finally {
    gpu.close();
  }
});

Deno.test("a texture that still has a tensor is dropped by whatever writes it", async () => {
  const gpu = await Gpu.open({ texels: true });
  try {
    const [a, b, c] = [values(64, 10), values(64, 11), values(64, 12)];
    const [x, y] = [gpu.upload(a, [64]), gpu.upload(b, [64])];
    const outs = [mix(gpu, x, y, 64), mix(gpu, x, y, 64)]; // copied once
    gpu.run(MIX, { quads: y, floats: y, out: x, params: { count: 64 } }, { workgroups: [1] });
    outs.push(mix(gpu, x, y, 64));
    gpu.copy(y, x);
    outs.push(mix(gpu, x, y, 64));
    gpu.submit();
    gpu.device.queue.writeBuffer(x.buffer, 0, c); // as a page may do
    outs.push(mix(gpu, x, y, 64));
    const sums = [a, a, mixed(b, b), b, c].map((first) => mixed(first, b));
    assert.deepEqual(await gpu.readAll(outs), sums);
    gpu.free(x);
    const zeros = gpu.zeros([64]); // the same buffer
    assert.equal(zeros.buffer, x.buffer);
    assert.deepEqual(await gpu.read(mix(gpu, zeros, y, 64)), mixed(new Float32Array(64), b));
  } finally {
    gpu.close();
  }
});

Deno.test("where a tensor cannot be copied, its buffer is read", async () => {
  const gpu = await Gpu.open({ texels: true });
  try {
    const x = values(64, 5);
    const tensor = gpu.upload(x, [64]);
    const buffer = gpu.device.createBuffer({
      size: 256,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
    });
    gpu.device.queue.writeBuffer(buffer, 0, x);
    assert.deepEqual(await gpu.read(mix(gpu, { ...tensor, buffer }, tensor, 64)), mixed(x, x));
    assert.equal(gpu.memory.idleBytes, 0);
    buffer.destroy();
  } finally {
    gpu.close();
  }
});

Deno.test("textures count as memory that is free to be taken", async () => {
  const budget = 512 * 1024;
  const gpu = await Gpu.open({ texels: true, memoryBudgetBytes: budget });
  const planner = await openPlanner(gpu, { memoryBudgetBytes: budget });
  const work = async (on: Gpu) => {
    const x = on.upload(values(16_384, 6), [16_384]); // 64 KiB
    on.free(mix(on, x, x, 16_384)); // and two textures of as much
    const { liveBytes, idleBytes } = on.memory;
    assert.deepEqual([liveBytes, idleBytes], [65_536, 3 * 65_536]);
    on.empty([98_304]); // 384 KiB: the textures make room
    assert.equal(on.memory.idleBytes, 0);
    const out = mix(on, x, x, 1024); // 4 KiB more, and no room for textures: read from buffers
    assert.equal(on.memory.idleBytes, 0);
    return [await on.read(out), on.memory] as const;
  };
  try {
    const [sums, memory] = await work(gpu);
    const x = values(16_384, 6).subarray(0, 1024);
    assert.deepEqual(sums, mixed(x, x));
    assert.deepEqual((await work(planner))[1], memory);
  } finally {
    gpu.close();
  }
});

Deno.test("results are the same bytes, read either way", async () => {
  const outputs = [];
  for (const texels of [true, false]) {
    const gpu = await Gpu.open({ texels });
    const [a, b] = [
      gpu.upload(values(37 * 68, 7), [37, 68]),
      gpu.upload(values(68 * 52, 8), [68, 52]),
    ];
    const gain = gpu.upload(values(52, 9), [52]);
    const product = matmul(gpu, a, b, { bias: gain, gelu: true });
    outputs.push(await gpu.read(layerNorm(gpu, product, { weight: gain, bias: gain })));
    gpu.close();
  }
  assert.deepEqual(outputs[0], outputs[1]);
});

Deno.test("expandWgsl() makes texel loads of nested indices", () => {
  const source = "@group(0) @binding(0) var<storage, read> x: array<vec4f>;\n" +
    "fn f(i: u32) -> f32 { let taxi = x[u32(x[i / 4][i % 4]) + 1][0]; return taxi; }\n";
  const text = expandWgsl(source, {}, { x: "rgba32float" });
  assert.match(text, /var x: texture_2d<f32>;/);
  assert.match(
    text,
    /textureLoad\(x, place_rgba32float\(u32\(textureLoad\(x, place_rgba32float\(i \/ 4\), 0\)\[i % 4\]\) \+ 1\), 0\)\[0\]/,
  );
  assert.equal(
    text.split("\n").indexOf(
      "fn place_rgba32float(i: u32) -> vec2u { return vec2u(i % 1024, i / 1024); }",
    ),
    2,
  );
  assert.throws(() => expandWgsl("x[1", {}, { x: "r32float" }), /"]" .* is missing/);
});

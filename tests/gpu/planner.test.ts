import assert from "node:assert/strict";
import { Gpu, GpuError, GpuMemoryError, openPlanner, PORTABLE_DEVICE } from "@fiedler/gpu";
import { attention, kMeans, matmul, topEigenvectors } from "@fiedler/kernels";

/** Work of nested scopes, repeated uploads, several submits and reads. */
async function work(gpu: Gpu, size: number): Promise<number> {
  const kept = gpu.scope(() => {
    const x = gpu.upload(new Float32Array(2 * size * 192), [2, size, 192]);
    const mixed = attention(gpu, x, 4); // [2, size, 64]
    return matmul(gpu, { ...mixed, shape: [2 * size, 64] }, gpu.zeros([64, 32]));
  });
  await gpu.read(kept);
  const labels = gpu.scope(() => {
    const graph = gpu.upload(new Float32Array(size * size), [1, size, size]);
    const { vectors } = topEigenvectors(gpu, graph, { count: 4 });
    return kMeans(gpu, vectors, { k: 3, seed: 0, restarts: 10 }).labels;
  });
  await gpu.readAll([labels, kept]);
  gpu.free(labels, kept);
  return gpu.memory.peakBytes;
}

Deno.test("a planner counts to the byte what the same work takes", async () => {
  const gpu = await Gpu.open();
  try {
    const planner = await openPlanner(gpu);
    assert.deepEqual(planner.adapter, gpu.adapter);
    for (const size of [63, 200, 333]) {
      assert.equal(await work(planner, size), await work(gpu, size));
      assert.deepEqual(planner.memory, gpu.memory);
    }
    planner.close();
  } finally {
    gpu.close();
  }
});

Deno.test("a planner reads zeros, and refuses what a device would", async () => {
  const planner = await openPlanner();
  assert.deepEqual([...await planner.read(planner.empty([3]))], [0, 0, 0]);
  const limit = PORTABLE_DEVICE.device.limits.maxStorageBufferBindingSize;
  assert.throws(() => planner.empty([limit / 4 + 1]), GpuMemoryError);
  assert.throws(() => matmul(planner, planner.empty([2, 3]), planner.empty([4, 2])), {
    message: "matmul: inner sizes must match, got [2, 3] × [4, 2]",
  });
  planner.close();
  assert.throws(() => planner.empty([1]), GpuError);
});

Deno.test("a planner's budget counts readbacks too", async () => {
  const planner = await openPlanner(PORTABLE_DEVICE, { memoryBudgetBytes: 2 ** 20 });
  const most = planner.empty([150_000]); // 0.6 MB, and as much again to read it
  await assert.rejects(() => planner.read(most), { name: "GpuMemoryError", message: /1.0 MiB/ });
  planner.free(most);
  const half = planner.empty([100_000]);
  await planner.read(half); // the idle buffer made room
  const { liveBytes, idleBytes, peakBytes, budgetBytes } = planner.memory;
  assert.deepEqual([liveBytes, idleBytes], [458_752, 0]); // 400,000 bytes in their size class
  assert.deepEqual([peakBytes, budgetBytes], [458_752 + 400_000, 2 ** 20]);
});

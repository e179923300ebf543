/** What only a browser shows of readbacks. Needs Chromium. */
import assert from "node:assert/strict";
import { browserTest } from "./browser_test.ts";

/** Runs in the page: whether the work was over when `settle()` said so. */
async function settleAfterWork(): Promise<boolean> {
  const { Gpu } = await import("@fiedler/gpu");
  const { matmul } = await import("@fiedler/kernels");
  const gpu = await Gpu.open();
  const size = 512;
  const x = gpu.upload(new Float32Array(size * size).fill(1), [size, size]);
  for (let i = 0; i < 4; i++) matmul(gpu, x, x);
  gpu.submit();
  let over = false;
  gpu.device.queue.onSubmittedWorkDone().then(() => over = true);
  await gpu.settle();
  await Promise.resolve(); // both may become known in one turn of the event loop
  gpu.close();
  return over;
}

browserTest(
  "settle() waits for work that was submitted before, and reads nothing",
  async (page) => {
    assert.equal(await page.evaluate(settleAfterWork), true);
  },
);

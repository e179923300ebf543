import assert from "node:assert/strict";
import { type Gpu, openPlanner, PORTABLE_DEVICE } from "@fiedler/gpu";
import { matmul } from "../../kernels/matmul/matmul.ts";
import { classForm, matmulForms, matmulSplits } from "../../kernels/matmul/forms.ts";
import { hostTest } from "../support/conformance.ts";

/** Stand-in for an adapter, which forms know by its report alone. */
const like = (report: Partial<typeof PORTABLE_DEVICE.adapter>): Promise<Gpu> =>
  openPlanner({
    device: { ...PORTABLE_DEVICE.device, features: new Set(["subgroups"]) },
    adapter: { ...PORTABLE_DEVICE.adapter, ...report },
  });

const VENDORS = ["nvidia", "amd", "apple", "intel", "someone"];

hostTest("every class of adapter gets forms that run there, whatever the size", async () => {
  for (const vendor of VENDORS) {
    const gpu = await like({ vendor });
    for (const [rows, columns] of [[1, 1], [8, 768], [577, 64], [577, 384], [4616, 3072]]) {
      const form = classForm(gpu, rows, columns);
      assert.ok(
        matmulForms(gpu).some((other) => JSON.stringify(other) === JSON.stringify(form)),
        `${vendor}, ${rows} × ${columns}: ${JSON.stringify(form)}`,
      );
      matmul(gpu, gpu.empty([rows, 8]), gpu.empty([8, columns])); // or it would throw
    }
    gpu.close();
  }
});

hostTest("workgroup memory is for real GPUs that gain by it, and for enough outputs", async () => {
  const kernel = async (vendor: string, rows: number, columns: number) =>
    classForm(await like({ vendor }), rows, columns).kernel;
  assert.equal(await kernel("nvidia", 577, 384), "shared");
  assert.equal(await kernel("apple", 577, 384), "shared");
  assert.equal(await kernel("nvidia", 8, 768), "direct");
  assert.equal(await kernel("intel", 577, 384), "direct");
  assert.equal(await kernel("someone", 577, 384), "direct");
});

hostTest("a software adapter gets the tile of least work, its margins included", async () => {
  const gpu = await like({ software: true, subgroupSize: 8 });
  const tile = (rows: number, columns: number) => {
    const form = classForm(gpu, rows, columns);
    assert.equal(form.kernel, "broadcast");
    return [form.rows, form.columns];
  };
  assert.deepEqual(tile(577, 384), [40, 4]); // 15 × 3 tiles of 40 × 128
  assert.deepEqual(tile(577, 64), [40, 2]); // half of a tile of 128 would stick out
  assert.deepEqual(tile(577, 192), [40, 2]);
  assert.deepEqual(tile(577, 20), [32, 1]);
  assert.deepEqual(tile(32, 64), [32, 2]); // 8 rows of 40 would stick out
  assert.deepEqual(tile(3, 32), [16, 1]);
});

hostTest("four lanes get wide tiles where there are columns for them", async () => {
  const gpu = await like({ software: true, subgroupSize: 4 });
  const broadcast = (rows: number, columns: number) => ({ kernel: "broadcast", rows, columns });
  assert.deepEqual(classForm(gpu, 577, 384), broadcast(32, 4));
  assert.deepEqual(classForm(gpu, 16, 384), broadcast(16, 4));
  assert.deepEqual(classForm(gpu, 577, 64), broadcast(32, 2));
  assert.deepEqual(classForm(gpu, 577, 16), broadcast(32, 1));
});

hostTest("matmulSplits() fills a GPU with what few tiles leave idle, by size alone", async () => {
  const nvidia = await like({ vendor: "nvidia" });
  const weight = { rows: 64, columns: 64, inner: 40_000 };
  assert.equal(matmulSplits(nvidia, weight), 78); // parts of at least 512
  assert.equal(matmulSplits(nvidia, { ...weight, inner: 1_000_000 }), 264); // one tile each
  assert.equal(matmulSplits(nvidia, { ...weight, images: 10 }), 26);
  assert.equal(matmulSplits(nvidia, { ...weight, inner: 1000 }), 1); // not worth it
  assert.equal(matmulSplits(nvidia, { rows: 4000, columns: 4000, inner: 40_000 }), 1);
  const software = await like({ software: true, subgroupSize: 8 });
  assert.equal(matmulSplits(software, weight), 1);
});

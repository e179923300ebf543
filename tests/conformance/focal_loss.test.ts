import assert from "node:assert/strict";
import { focalLoss, focalLossBackward } from "../../kernels/focal_loss/focal_loss.ts";
import * as reference from "../../kernels/focal_loss/reference.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { finiteDifferences } from "../support/gradients.ts";
import { integers, uniform } from "../support/random.ts";

conformance("focalLoss()", (test) => {
  // On both sides of a workgroup of 64 and of 1024 elements, and SOLOv2's number of cells.
  for (const count of [1, 64, 65, 1024, 3872]) {
    test(`agrees with f64 on ${count} cells`, async (gpu) => {
      const logits = uniform(count, { seed: count, low: -8, high: 8 });
      const targets = integers(count, { seed: count + 1, limit: 2 });
      const options = { weight: 1 / 7, alpha: 0.25 };
      const [z, t] = [gpu.upload(logits, [1, count]), gpu.upload(targets, [1, count])];
      const [value, dz] = await gpu.readAll([
        focalLoss(gpu, z, t, options),
        focalLossBackward(gpu, z, t, options),
      ]);
      // exp and log of an adapter may be off by (3 + 2 · 8) ulp and 2^-21; the sum of positive terms
      // adds some 26 roundings.
      assertClose(value, [reference.focalLoss(logits, targets, options)], { relative: 5e-6 });
      assertClose(dz, reference.focalLossBackward(logits, targets, options), { relative: 5e-6 });
    });
  }

  test("stays finite and right where the logits saturate", async (gpu) => {
    const logits = Float32Array.of(-80, -30, -30, 0, 30, 30, 80, 80);
    const targets = Uint32Array.of(1, 1, 0, 1, 1, 0, 1, 0);
    const options = { weight: 1, alpha: 0.25 };
    const expected = reference.focalLossBackward(logits, targets, options);
    const [z, t] = [gpu.upload(logits, [8]), gpu.upload(targets, [8])];
    const [value, dz] = await gpu.readAll([
      focalLoss(gpu, z, t, options),
      focalLossBackward(gpu, z, t, options),
    ]);
    assertClose(value, [reference.focalLoss(logits, targets, options)], { relative: 1e-6 });
    assertClose(dz, expected, { absolute: 1e-6 });
  });

  test("weighs SOLOv2's first logits as the formula does", async (gpu) => {
    // -ln((1 - π) / π) for π = 0.01: each negative adds 0.75 · 0.01² · 0.01005 = 7.54e-7.
    const logits = new Float32Array(3872).fill(-4.59512);
    const options = { weight: 1, alpha: 0.25 };
    const [z, t] = [gpu.upload(logits, [3872]), gpu.zeros([3872], "u32")];
    const expected = reference.focalLoss(logits, new Uint32Array(3872), options);
    assert.ok(Math.abs(expected / 3872 - 7.54e-7) < 1e-9, `${expected / 3872}`);
    // A plain log(1 + e) would lose 2^-24 of 0.01, 6e-6 of each term, always with one sign.
    assertClose(await gpu.read(focalLoss(gpu, z, t, options)), [expected], { relative: 3e-6 });
  });

  test("has a reference that finite differences confirm", () => {
    const logits = Float64Array.from(uniform(20, { seed: 4, low: -5, high: 5 }));
    const targets = integers(20, { seed: 5, limit: 2 });
    const options = { weight: 0.3, alpha: 0.4 };
    const differences = finiteDifferences((z) => reference.focalLoss(z, targets, options), logits);
    assertClose(reference.focalLossBackward(logits, targets, options), differences, {
      absolute: 1e-8,
    });
  });

  test("of no cells is 0", async (gpu) => {
    const value = focalLoss(gpu, gpu.empty([0]), gpu.empty([0], "u32"), { weight: 1 });
    assertSame(await gpu.read(value), [0]);
  });

  test("refuses targets of another shape", (gpu) => {
    assert.throws(() => focalLoss(gpu, gpu.empty([4]), gpu.empty([2, 2], "u32"), { weight: 1 }), {
      message: "focalLoss: targets must be [4] as the logits, got [2, 2]",
    });
  });
});

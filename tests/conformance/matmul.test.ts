import assert from "node:assert/strict";
import type { Gpu } from "@fiedler/gpu";
import { type MatmulForm, matmulForms } from "../../kernels/matmul/forms.ts";
import { matmul, matmulTransposed } from "../../kernels/matmul/matmul.ts";
import * as reference from "../../kernels/matmul/reference.ts";
import { assertClose, conformance } from "../support/conformance.ts";
import { uniform } from "../support/random.ts";

// Partial sums of k products of values in [-1, 1] walk to at most 4 √(k/9) or so (four standard
// deviations), and each of the k additions rounds by 2^-24 of that: k √k · 4/3 · 2^-24.
const tolerance = (inner: number) => ({ absolute: 1e-6 + inner ** 1.5 * 8e-8 });

/** Every form is run, not only the one this adapter would choose. */
async function everyForm(gpu: Gpu, body: (form: MatmulForm) => Promise<void>): Promise<void> {
  for (const form of matmulForms(gpu)) await body(form);
}

conformance("matmul()", (test) => {
  // 15, 16, 17 and 127, 128, 129 straddle the tiles; 197 × 64 is a head of ViT-B at 224 px.
  const sizes = [[1, 4, 1], [15, 8, 31], [16, 12, 32], [17, 5, 33], [197, 64, 65], [33, 197, 129]];
  for (const [rows, inner, columns] of sizes) {
    test(`agrees with f64 on [${rows}, ${inner}] × [${inner}, ${columns}]`, async (gpu) => {
      const a = uniform(rows * inner, { seed: rows });
      const b = uniform(inner * columns, { seed: columns });
      const expected = reference.matmul(a, b, { rows, inner, columns });
      await everyForm(gpu, async (form) => {
        const out = matmul(gpu, gpu.upload(a, [rows, inner]), gpu.upload(b, [inner, columns]), {
          form,
        });
        assertClose(await gpu.read(out), expected, tolerance(inner));
      });
    });
  }

  test("adds scale, bias, GELU, residual and ReLU in this order", async (gpu) => {
    const [rows, inner, columns] = [19, 20, 37];
    const a = uniform(rows * inner, { seed: 1 });
    const b = uniform(inner * columns, { seed: 2 });
    const bias = uniform(columns, { seed: 3 });
    const residual = uniform(rows * columns, { seed: 4 });
    const input = { rows, inner, columns, scale: 0.3, bias, gelu: true, residual, relu: true };
    const expected = reference.matmul(a, b, input);
    await everyForm(gpu, async (form) => {
      const out = matmul(gpu, gpu.upload(a, [rows, inner]), gpu.upload(b, [inner, columns]), {
        scale: 0.3,
        bias: gpu.upload(bias, [columns]),
        gelu: true,
        residual: gpu.upload(residual, [rows, columns]),
        relu: true,
        form,
      });
      // The erf approximation adds 1.5e-7 of |x| ≤ 8.
      assertClose(await gpu.read(out), expected, { absolute: 3e-6 });
    });
  });

  test("multiplies each matrix of a batch", async (gpu) => {
    const [images, rows, inner, columns] = [3, 9, 8, 10];
    const a = uniform(images * rows * inner, { seed: 1 });
    const b = uniform(images * inner * columns, { seed: 2 });
    const out = matmul(
      gpu,
      gpu.upload(a, [images, rows, inner]),
      gpu.upload(b, [images, inner, columns]),
    );
    const expected = [0, 1, 2].flatMap((image) => [
      ...reference.matmul(
        a.subarray(image * rows * inner),
        b.subarray(image * inner * columns),
        { rows, inner, columns },
      ),
    ]);
    assertClose(await gpu.read(out), expected, tolerance(inner));
  });

  test("multiplies by a transpose, symmetric to the last bit for a = b", async (gpu) => {
    const [images, rows, inner] = [2, 35, 24];
    const a = uniform(images * rows * inner, { seed: 1 });
    await everyForm(gpu, async (form) => {
      const tensor = gpu.upload(a, [images, rows, inner]);
      const out = await gpu.read(matmulTransposed(gpu, tensor, tensor, { form }));
      for (let image = 0; image < images; image++) {
        for (let i = 0; i < rows; i++) {
          for (let j = 0; j < rows; j++) {
            const at = (r: number, c: number) => (image * rows + r) * rows + c;
            assert.equal(out[at(i, j)], out[at(j, i)]);
            let sum = 0;
            for (let k = 0; k < inner; k++) {
              sum += a[(image * rows + i) * inner + k] * a[(image * rows + j) * inner + k];
            }
            assert.ok(Math.abs(out[at(i, j)] - sum) < tolerance(inner).absolute);
          }
        }
      }
    });
  });

  test("rejects inner sizes that differ", (gpu) => {
    assert.throws(() => matmul(gpu, gpu.empty([4, 3]), gpu.empty([5, 2])), {
      message: "matmul: inner sizes must match, got [4, 3] × [5, 2]",
    });
  });
});

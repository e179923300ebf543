import assert from "node:assert/strict";
import type { Gpu } from "@fiedler/gpu";
import { type MatmulForm, matmulForms } from "../../kernels/matmul/forms.ts";
import { matmulKernel } from "../../kernels/matmul/matmul.gen.ts";
import { matmul, matmulTransposed } from "../../kernels/matmul/matmul.ts";
import { matmulSharedKernel } from "../../kernels/matmul/matmul_shared.gen.ts";
import { packHalvesKernel } from "../../kernels/matmul/pack_halves.gen.ts";
import { packHalves } from "../../kernels/matmul/pack_halves.ts";
import * as reference from "../../kernels/matmul/reference.ts";
import { matmulStrided } from "../../kernels/matmul/strided.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { uniform } from "../support/random.ts";

// Partial sums of k products of values in [-1, 1] walk to at most 4 √(k/9) or so (four standard
// deviations), and each of the k additions rounds by 2^-24 of that: k √k · 4/3 · 2^-24.
const tolerance = (inner: number) => ({ absolute: 1e-6 + inner ** 1.5 * 8e-8 });

/** Every form is run, not only the one this adapter would choose. */
async function everyForm(gpu: Gpu, body: (form: MatmulForm) => Promise<void>): Promise<void> {
  for (const form of matmulForms(gpu)) await body(form);
}

/** The first form of each kernel: where it is the kernel that matters, and not its tile. */
function eachKernel(gpu: Gpu): MatmulForm[] {
  const forms = matmulForms(gpu);
  return forms.filter((form, i) => forms.findIndex(({ kernel }) => kernel === form.kernel) === i);
}

conformance("matmul()", (test) => {
  // 15, 16, 17, 31, 32, 33, 65 and 129 straddle the tiles; 197 × 64 is a head of ViT-B at 224 px; 901
  // terms end in the middle of a round of every kernel.
  const sizes = [
    [1, 4, 1],
    [15, 8, 31],
    [16, 12, 32],
    [17, 5, 33],
    [197, 64, 65],
    [33, 197, 129],
    [3, 901, 197],
  ];
  for (const [rows, inner, columns] of sizes) {
    test(`agrees with f64 on [${rows}, ${inner}] × [${inner}, ${columns}]`, async (gpu) => {
      const a = uniform(rows * inner, { seed: rows });
      const b = uniform(inner * columns, { seed: columns });
      const expected = reference.matmul(a, b, { rows, inner, columns });
      let first: Float32Array | undefined;
      await everyForm(gpu, async (form) => {
        const out = await gpu.read(
          matmul(gpu, gpu.upload(a, [rows, inner]), gpu.upload(b, [inner, columns]), { form }),
        );
        assertClose(out, expected, tolerance(inner));
        // Every form adds up in the same order; whether a product is rounded before it is added is
        // up to the compiler of a GPU, but the same for all forms on a CPU.
        if (gpu.adapter.software) assert.deepEqual(out, first ??= out);
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

  test("leaves alone what lies between strided matrices, and reads none of it", async (gpu) => {
    for (const form of matmulForms(gpu)) await stridedProduct(gpu, { form });
  });

  test("rejects inner sizes that differ", (gpu) => {
    assert.throws(() => matmul(gpu, gpu.empty([4, 3]), gpu.empty([5, 2])), {
      message: "matmul: inner sizes must match, got [4, 3] × [5, 2]",
    });
  });
});

/** Numbers at the given places, NaN (or `between`) everywhere else. */
function scatter(
  count: number,
  places: Iterable<readonly [at: number, value: number]>,
  between = NaN,
): Float32Array<ArrayBuffer> {
  const array = new Float32Array(count).fill(between);
  for (const [at, value] of places) array[at] = value;
  return array;
}

/**
 * Two images of three heads side by side in rows that are wider, with NaN in between, and b with a
 * row less than a has columns; every part of the epilogue. 67 rows and 37 columns end in the middle
 * of every tile.
 */
async function stridedProduct(
  gpu: Gpu,
  { form, splits, half = false }: { form: MatmulForm; splits?: number; half?: boolean },
): Promise<void> {
  const [images, heads, rows, inner, bRows, columns] = [2, 3, 67, 20, 19, 37];
  const [aRow, bRow, outRow] = [heads * inner + 4, heads * 40 + 8, heads * columns + 3];
  const layouts = {
    a: { base: 8, image: 8 + rows * aRow, head: inner, row: aRow },
    b: { base: 4, image: bRows * bRow, head: 40, row: bRow },
    out: { base: 5, image: 1 + rows * outRow, head: columns, row: outRow },
    residualLayout: { image: rows * columns, row: columns },
  };
  // Halves that f16 holds exactly, so that both types must give the same.
  const exact = (count: number, seed: number) =>
    uniform(count, { seed }).map((value) => Math.round(value * 512) / 512);
  const a = exact(images * heads * rows * inner, 1).map((v, i) => i % inner < bRows ? v : 0);
  const b = exact(images * heads * bRows * columns, 2);
  const bias = uniform(columns, { seed: 3 });
  const residual = uniform(images * rows * columns, { seed: 4 });

  const place = function* (
    values: Float32Array,
    [height, width]: readonly [number, number],
    { base, image, head, row }: typeof layouts.a,
  ) {
    for (const [i, value] of values.entries()) {
      const [matrix, y, x] = [Math.floor(i / (height * width)), Math.floor(i / width), i % width];
      const at = Math.floor(matrix / heads) * image + matrix % heads * head + y % height * row + x;
      yield [base + at, value] as const;
    }
  };
  const aTensor = gpu.upload(
    scatter(images * layouts.a.image + 8, place(a, [rows, inner], layouts.a)),
    [images * layouts.a.image + 8],
  );
  const bTensor = gpu.upload(
    scatter(images * layouts.b.image + 4, place(b, [bRows, columns], layouts.b)),
    [images * layouts.b.image + 4],
  );
  const outSize = layouts.out.base + images * layouts.out.image;
  const out = gpu.upload(new Float32Array(outSize).fill(-7), [outSize]);
  matmulStrided(gpu, { a: aTensor, b: half ? packHalves(gpu, bTensor) : bTensor, out }, {
    ...{ rows, columns, inner, bRows, images, heads, form, splits, scale: 0.5 },
    ...{ gelu: true, relu: true, ...layouts },
    bias: gpu.upload(bias, [columns]),
    residual: gpu.upload(residual, [images * rows, columns]),
  });

  const products = new Float32Array(images * heads * rows * columns);
  for (let matrix = 0; matrix < images * heads; matrix++) {
    const image = Math.floor(matrix / heads);
    const product = reference.matmul(
      Float64Array.from(
        { length: rows * bRows },
        (_, i) => a[(matrix * rows + Math.floor(i / bRows)) * inner + i % bRows],
      ),
      b.subarray(matrix * bRows * columns),
      {
        ...{ rows, inner: bRows, columns, scale: 0.5, bias, gelu: true, relu: true },
        residual: residual.subarray(image * rows * columns),
      },
    );
    products.set(product, matrix * rows * columns);
  }
  const expected = scatter(outSize, place(products, [rows, columns], layouts.out), -7);
  // 19 exact terms and an erf approximation that adds 1.5e-7 of |x| ≤ 8.
  assertClose(await gpu.read(out), expected, { absolute: 3e-6 });
}

conformance("matmul() with splits", (test) => {
  test("adds up the parts, also uneven and empty ones", async (gpu) => {
    for (const form of eachKernel(gpu)) await stridedProduct(gpu, { form, splits: 3 });
    const [form] = eachKernel(gpu);
    await stridedProduct(gpu, { form, splits: 4 }); // 2 + 2 + 1 + 0 quads
  });

  test("is a sum in fixed order: the same bits again, and other ones than unsplit", async (gpu) => {
    const [rows, inner, columns] = [9, 4099, 10];
    const [a, b] = [uniform(rows * inner, { seed: 1 }), uniform(inner * columns, { seed: 2 })];
    const run = (splits: number) =>
      gpu.read(
        matmul(gpu, gpu.upload(a, [rows, inner]), gpu.upload(b, [inner, columns]), { splits }),
      );
    const split = await run(8); // the eight additions are as nothing to those of a part
    assertClose(split, reference.matmul(a, b, { rows, inner, columns }), tolerance(inner / 8));
    assert.deepEqual(await run(8), split);
    assert.notDeepEqual(await run(1), split); // or nothing was split
  });

  // llvmpipe ends the loops of an invocation after 65,535 rounds without a word.
  test("finishes sums of any length in every form", async (gpu) => {
    for (const inner of [70_000, 300_000]) {
      const a = gpu.upload(new Float32Array(inner).fill(1), [1, inner]);
      const b = gpu.upload(new Float32Array(4 * inner).fill(1), [inner, 4]);
      const outs = eachKernel(gpu).map((form) => matmul(gpu, a, b, { form }));
      for (const sums of await gpu.readAll(outs)) assertSame(sums, new Array(4).fill(inner));
      gpu.free(a, b, ...outs);
    }
  });

  test("rejects a number of splits that is none", (gpu) => {
    for (const splits of [0, 1.5, NaN]) {
      assert.throws(() => matmul(gpu, gpu.empty([4, 4]), gpu.empty([4, 4]), { splits }), {
        name: "RangeError",
        message: `matmul: splits must be a whole number from 1 on, got ${splits}`,
      });
    }
  });
});

/** The value of a half float's bits. */
function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [bits >> 10 & 31, bits & 1023];
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24);
}

conformance("packHalves()", (test) => {
  test("rounds each value to one of 11 bits", async (gpu) => {
    const special = [0, -0, 1, -2, 65504, -65504, 2 ** -14, 1 + 2 ** -10, 1 / 3];
    const x = Float32Array.of(...special, ...uniform(1000 - special.length, { seed: 5, high: 9 }));
    const halves = await gpu.read(packHalves(gpu, gpu.upload(x, [250, 4])));
    const values = Array.from(halves, halfValue);
    // WGSL lets an adapter round to either neighbour: 2^-10 of the value.
    values.forEach((value, i) => {
      assert.ok(Math.abs(value - x[i]) <= 2 ** -10 * Math.abs(x[i]), `${x[i]} became ${value}`);
    });
    assert.deepEqual(values.slice(0, 8), special.slice(0, 8)); // exact
  });

  test("makes a right operand: as exact as its values are", async (gpu) => {
    const [rows, inner, columns] = [19, 301, 36];
    const [a, b] = [uniform(rows * inner, { seed: 1 }), uniform(inner * columns, { seed: 2 })];
    const halves = packHalves(gpu, gpu.upload(b, [inner, columns]));
    const rounded = Array.from(await gpu.read(halves), halfValue);
    const sizes = { rows, inner, columns };
    for (const form of eachKernel(gpu)) {
      const out = await gpu.read(matmul(gpu, gpu.upload(a, [rows, inner]), halves, { form }));
      assertClose(out, reference.matmul(a, rounded, sizes), tolerance(inner));
      // Terms of 1/3 (root mean square), each off by up to 2^-11 (2^-10 if the adapter does not
      // round to nearest), add up like a random walk: four standard deviations.
      assertClose(out, reference.matmul(a, b, sizes), {
        absolute: 4 * Math.sqrt(inner) / 3 * 2 ** -10,
      });
    }
  });

  test("keeps to strides, batches, epilogue and splits", async (gpu) => {
    for (const form of eachKernel(gpu)) await stridedProduct(gpu, { form, half: true });
    const [form] = eachKernel(gpu);
    await stridedProduct(gpu, { form, half: true, splits: 2 });
  });

  test("needs nothing of the adapter but WebGPU itself", () => {
    for (const { requires } of [packHalvesKernel, matmulKernel, matmulSharedKernel]) {
      assert.deepEqual(requires, []);
    }
  });

  test("rejects rows that are not a multiple of 4", (gpu) => {
    assert.throws(() => packHalves(gpu, gpu.empty([8, 6])), {
      message: "packHalves: the last axis must be a multiple of 4, got [8, 6]",
    });
  });
});

import assert from "node:assert/strict";
import { attention } from "../../kernels/attention/attention.ts";
import * as reference from "../../kernels/attention/reference.ts";
import { softmaxRows as softmaxReference } from "../../kernels/softmax/reference.ts";
import { softmaxRows } from "../../kernels/softmax/softmax.ts";
import { patchify as patchifyReference } from "../../kernels/patchify/reference.ts";
import { patchify } from "../../kernels/patchify/patchify.ts";
import { transpose as transposeReference } from "../../kernels/transpose/reference.ts";
import { transpose } from "../../kernels/transpose/transpose.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { integers, uniform } from "../support/random.ts";

conformance("attention()", (test) => {
  for (
    const [tokens, dim, heads] of [[1, 8, 2], [5, 16, 1], [63, 64, 2], [65, 24, 6], [197, 96, 3]]
  ) {
    test(`agrees with f64 on ${tokens} tokens, ${heads} heads of ${dim / heads}`, async (gpu) => {
      const images = 2;
      const qkv = uniform(images * tokens * 3 * dim, { seed: tokens, low: -2, high: 2 });
      const out = attention(gpu, gpu.upload(qkv, [images, tokens, 3 * dim]), heads);
      const expected = [0, 1].flatMap((image) => [
        ...reference.attention(qkv.subarray(image * tokens * 3 * dim), tokens, dim, heads),
      ]);
      // exp doubles the relative error of a score: |score| ≤ 4·√d · 2^-24 · a few; weights sum to 1.
      assertClose(await gpu.read(out), expected, { absolute: 1e-5 });
    });
  }

  test("gives the same bits whatever fits into a chunk", async (gpu) => {
    const qkv = gpu.upload(uniform(3 * 20 * 72, { seed: 1 }), [3, 20, 72]);
    const whole = await gpu.read(attention(gpu, qkv, 6));
    for (const pairs of [1, 4, 6, 13]) {
      const scoreBytes = pairs * 4 * 20 * 20;
      assertSame(await gpu.read(attention(gpu, qkv, 6, { scoreBytes })), whole);
    }
  });

  test("rejects a head size that is no multiple of 4", (gpu) => {
    assert.throws(() => attention(gpu, gpu.empty([1, 2, 18]), 1), {
      message: "attention: 6 dimensions in 1 heads: the head size must be a multiple of 4",
    });
  });
});

conformance("softmaxRows()", (test) => {
  for (const form of ["invocation", "workgroup"] as const) {
    for (const [rows, pitch, columns] of [[1, 4, 1], [31, 64, 63], [33, 68, 65], [5, 904, 901]]) {
      test(`agrees with f64 on [${rows}, ${columns}], one row per ${form}`, async (gpu) => {
        const x = uniform(rows * pitch, { seed: rows, low: -50, high: 50 });
        const tensor = gpu.upload(x, [rows, pitch]);
        softmaxRows(gpu, tensor, { columns, form });
        // WGSL's exp is good to 3 + 2|x| ulp, |x − m| ≤ 100, but what is far below m is small:
        // e^-t (3 + 2t) 2^-23 ≤ 4e-7, doubled by the sum.
        assertClose(await gpu.read(tensor), softmaxReference(x, rows, pitch, columns), {
          absolute: 1e-6,
        });
      });
    }

    test(`keeps a sum whose largest terms come last, one row per ${form}`, async (gpu) => {
      const [rows, columns] = [5, 904];
      const x = Float32Array.from({ length: rows * columns }, (_, at) => at % columns / 500);
      const tensor = gpu.upload(x, [rows, columns]);
      softmaxRows(gpu, tensor, { columns, form });
      // The sum may be scaled anew with each of 226 quads, each time by an exp near 1, good to 3 ulp,
      // and with one rounding: 226 · 4 · 2^-23 = 1.1e-4 if all erred alike, √226 · 4 · 2^-23 = 7e-6 as
      // they do.
      assertClose(await gpu.read(tensor), softmaxReference(x, rows, columns, columns), {
        relative: 1e-5,
      });
    });
  }
});

conformance("transpose()", (test) => {
  for (const [rows, columns, pitch] of [[1, 1, 1], [63, 5, 64], [65, 3, 65], [7, 130, 12]]) {
    test(`moves [${rows}, ${columns}] into rows of ${pitch}`, async (gpu) => {
      const x = uniform(rows * columns, { seed: rows });
      const out = transpose(gpu, gpu.upload(x, [rows, columns]), { pitch });
      assertSame(await gpu.read(out), transposeReference(x, rows, columns, pitch));
    });
  }
});

conformance("patchify()", (test) => {
  for (const [rows, columns, patch] of [[1, 1, 1], [3, 2, 5], [2, 4, 16]] as const) {
    test(`cuts ${rows} × ${columns} patches of ${patch} px`, async (gpu) => {
      const bytes = rows * columns * patch * patch * 3;
      const words = Math.ceil(bytes / 4);
      const grid = [rows, columns] as const;
      const [mean, std] = [[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]];
      const pictures = [5, 6].map((seed) => Uint8Array.from(integers(bytes, { seed, limit: 256 })));
      const packed = new Uint8Array(2 * words * 4);
      pictures.forEach((picture, i) => packed.set(picture, i * words * 4));
      const rgb = gpu.upload(new Uint32Array(packed.buffer), [2, words]);
      const out = patchify(gpu, rgb, { grid, patch, mean, std });
      const expected = pictures.flatMap((p) => [...patchifyReference(p, grid, patch, mean, std)]);
      // Two roundings of a value below 1, times 1/std ≤ 4.5.
      assertClose(await gpu.read(out), expected, { absolute: 2e-6 });
    });
  }
});

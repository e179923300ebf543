import assert from "node:assert/strict";
import { type Gpu, openPlanner, PORTABLE_DEVICE } from "@fiedler/gpu";
import { attention } from "../../kernels/attention/attention.ts";
import { attentionForms } from "../../kernels/attention/forms.ts";
import * as reference from "../../kernels/attention/reference.ts";
import { softmaxRows as softmaxReference } from "../../kernels/softmax/reference.ts";
import { type SoftmaxForm, softmaxForm, softmaxRows } from "../../kernels/softmax/softmax.ts";
import { patchify as patchifyReference } from "../../kernels/patchify/reference.ts";
import { patchify } from "../../kernels/patchify/patchify.ts";
import { transpose as transposeReference } from "../../kernels/transpose/reference.ts";
import { transpose } from "../../kernels/transpose/transpose.ts";
import { assertClose, assertSame, conformance, hostTest } from "../support/conformance.ts";
import { integers, uniform } from "../support/random.ts";

/** Tokens either side of blocks and tiles, heads of the smallest variant. */
const CASES = [[1, 2, 8], [3, 1, 4], [65, 3, 8], [197, 1, 8], [901, 1, 8]] as const;

/**
 * For inputs in [-2, 2] scores have a standard deviation of 4/3, so that their partial sums stay
 * below 5.3. Each of `size` additions rounds by 2^-24 of that, up or down: √size of them count. That
 * is the relative error of a weight, to which WGSL's exp adds e^-t (3 + 2t) 2^-23 ≤ 4e-7. Numerator
 * and denominator err so, before values of 2 at most.
 */
const tolerance = (size: number) => ({
  absolute: 4 * (5.3 * (Math.sqrt(size) + 1) * 2 ** -24 + 4e-7),
});

/** Queries, keys and values of one head in the layout of the fused product. */
const fused = (tokens: number, size: number, value: (token: number, column: number) => number) =>
  Float32Array.from(
    { length: tokens * 3 * size },
    (_, at) => value(Math.floor(at / (3 * size)), at % (3 * size)),
  );

conformance("attention()", (test) => {
  for (const [tokens, heads, size] of CASES) {
    test(`agrees with f64 on ${tokens} tokens, ${heads} heads of ${size}, each form`, async (gpu) => {
      const [images, dim] = [2, heads * size];
      const qkv = uniform(images * tokens * 3 * dim, { seed: tokens, low: -2, high: 2 });
      const expected = [0, 1].flatMap((image) => [
        ...reference.attention(qkv.subarray(image * tokens * 3 * dim), tokens, dim, heads),
      ]);
      const input = gpu.upload(qkv, [images, tokens, 3 * dim]);
      let registers: Float32Array | undefined;
      for (const form of attentionForms(gpu, { tokens, size })) {
        const out = await gpu.read(attention(gpu, input, heads, { form }));
        assertClose(out, expected, tolerance(size));
        if (form.kernel !== "direct" && form.kernel !== "broadcast") continue;
        assertSame(out, registers ??= out); // as promised
      }
    });
  }

  // Heads with room left, of the tiny models, of ViT-S and ViT-B, and the largest one.
  for (const [tokens, size] of [[65, 12], [33, 32], [33, 64], [17, 128]]) {
    test(`agrees with f64 on heads of ${size}`, async (gpu) => {
      const qkv = uniform(tokens * 6 * size, { seed: size, low: -2, high: 2 });
      const input = gpu.upload(qkv, [1, tokens, 6 * size]);
      const expected = reference.attention(qkv, tokens, 2 * size, 2);
      for (const form of [undefined, { kernel: "shared" } as const]) {
        const out = attention(gpu, input, 2, { form });
        assertClose(await gpu.read(out), expected, tolerance(size));
      }
    });
  }

  test("takes scores of ±200, whose exponentials f32 does not hold", async (gpu) => {
    const [tokens, size] = [65, 8];
    const random = uniform(tokens * 3 * size, { seed: 3 });
    // Queries and keys along one axis: products of 200 √8 at most.
    const along = Math.sqrt(200 * Math.sqrt(size));
    const qkv = fused(tokens, size, (token, column) => {
      const value = random[token * 3 * size + column];
      return column >= 2 * size ? value : column % size === 0 ? along * value : 0.01 * value;
    });
    qkv[0] = qkv[size] = along; // 200
    qkv[3 * size] = -along; // -200
    const expected = reference.attention(qkv, tokens, size, 1);
    for (const form of attentionForms(gpu, { tokens, size })) {
      const out = await gpu.read(
        attention(gpu, gpu.upload(qkv, [1, tokens, 3 * size]), 1, { form }),
      );
      // Scaling, a product and a difference round by 2^-24 of 200 each, 3.6e-5 of a weight in all;
      // numerator and denominator err, before values of at most 1.
      assertClose(out, expected, { absolute: 8e-5 });
    }
  });

  test("keeps a sum whose largest terms come last", async (gpu) => {
    const [tokens, size] = [901, 4];
    const random = uniform(tokens * size, { seed: 4 });
    // Scores rise by 1 / 250 from key to key: every block is the highest so far.
    const qkv = fused(tokens, size, (token, column) => {
      if (column >= 2 * size) return random[token * size + column - 2 * size];
      return column === 0 ? 2 : column === size ? token / 250 : 0;
    });
    const expected = reference.attention(qkv, tokens, size, 1);
    for (const form of attentionForms(gpu, { tokens, size })) {
      const out = await gpu.read(
        attention(gpu, gpu.upload(qkv, [1, tokens, 3 * size]), 1, { form }),
      );
      // 113 blocks, each of which shrinks the sums by an exp near 1, good to 3 ulp, and a rounding:
      // √113 · 4 · 2^-23 = 5e-6 of values that are 1 at most, for numerator and denominator.
      assertClose(out, expected, { absolute: 1e-5 });
    }
  });

  test("gives the same bits whatever fits into a chunk of scores", async (gpu) => {
    const qkv = gpu.upload(uniform(3 * 20 * 72, { seed: 1 }), [3, 20, 72]);
    const form = { kernel: "scores" } as const;
    const whole = await gpu.read(attention(gpu, qkv, 6, { form }));
    for (const pairs of [1, 4, 6, 13]) {
      const scoreBytes = pairs * 4 * 20 * 20;
      assertSame(await gpu.read(attention(gpu, qkv, 6, { form, scoreBytes })), whole);
    }
  });

  test("needs no memory but its result's, for 5792 tokens too", async (gpu) => {
    for (const like of [gpu, PORTABLE_DEVICE]) {
      const planner = await openPlanner(like);
      const qkv = planner.empty([1, 5792, 3 * 128]);
      const before = planner.memory.liveBytes;
      const out = attention(planner, qkv, 4);
      const { neededBytes } = planner.memory;
      const same = planner.empty(out.shape);
      assert.equal(neededBytes - before, planner.memory.liveBytes - neededBytes);
      planner.free(same);
      planner.close();
    }
  });

  test("stores scores of heads that are too large for the other forms", async (gpu) => {
    const [tokens, size] = [9, 132];
    assert.deepEqual(attentionForms(gpu, { tokens, size }), [{ kernel: "scores" }]);
    const qkv = uniform(tokens * 3 * size, { seed: 5, low: -2, high: 2 });
    const out = attention(gpu, gpu.upload(qkv, [1, tokens, 3 * size]), 1);
    assertClose(
      await gpu.read(out),
      reference.attention(qkv, tokens, size, 1),
      tolerance(size),
    );
  });

  test("offers no form whose loops a software adapter would end early", (gpu) => {
    const kernels = (tokens: number) =>
      attentionForms(gpu, { tokens, size: 64 }).map(({ kernel }) => kernel);
    const { software } = gpu.adapter;
    assert.equal(kernels(7_000).includes("shared"), true);
    assert.equal(kernels(7_001).includes("shared"), !software);
    assert.equal(kernels(27_000).includes("direct"), true);
    assert.equal(kernels(27_001).includes("direct"), !software);
  });

  test("rejects a form that does not run here", (gpu) => {
    const qkv = gpu.empty([1, 2, 3 * 132]);
    assert.throws(() => attention(gpu, qkv, 1, { form: { kernel: "shared" } }), {
      name: "RangeError",
      message: "attention: for 2 tokens in heads of 132 this adapter has the forms " +
        "scores, got shared",
    });
  });

  test("rejects a head size that is no multiple of 4", (gpu) => {
    assert.throws(() => attention(gpu, gpu.empty([1, 2, 18]), 1), {
      message: "attention: 6 dimensions in 1 heads: the head size must be a multiple of 4",
    });
  });
});

/** Lanes keep at most 32 quads of a row each. */
const softmaxForms = (gpu: Gpu, pitch: number): SoftmaxForm[] =>
  pitch > 4 * 32 * (gpu.adapter.subgroupSize ?? 0)
    ? ["invocation", "workgroup"]
    : ["invocation", "subgroup", "workgroup"];

conformance("softmaxRows()", (test) => {
  // 15, 16, 17 and 31, 33 straddle the rows of a workgroup; a pitch of the columns' quads, and one
  // with quads behind them.
  const sizes = [[1, 4, 1], [15, 8, 8], [16, 264, 130], [17, 20, 3], [31, 64, 63], [33, 68, 65]];
  for (const [rows, pitch, columns] of [...sizes, [5, 904, 901]]) {
    test(`agrees with f64 on [${rows}, ${columns}] of rows of ${pitch}, each form`, async (gpu) => {
      const x = uniform(rows * pitch, { seed: rows, low: -50, high: 50 });
      const expected = softmaxReference(x, rows, pitch, columns);
      for (const form of softmaxForms(gpu, pitch)) {
        const tensor = gpu.upload(x, [rows, pitch]);
        softmaxRows(gpu, tensor, { columns, form });
        // WGSL's exp is good to 3 + 2|x| ulp, |x − m| ≤ 100, but what is far below m is small:
        // e^-t (3 + 2t) 2^-23 ≤ 4e-7, doubled by the sum.
        assertClose(await gpu.read(tensor), expected, { absolute: 1e-6 });
      }
    });
  }

  test("keeps a sum whose largest terms come last", async (gpu) => {
    const [rows, columns] = [5, 904];
    const x = Float32Array.from({ length: rows * columns }, (_, at) => at % columns / 500);
    const expected = softmaxReference(x, rows, columns, columns);
    for (const form of softmaxForms(gpu, columns)) {
      const tensor = gpu.upload(x, [rows, columns]);
      softmaxRows(gpu, tensor, { columns, form });
      // The sum may be scaled anew with each of 226 quads, each time by an exp near 1, good to 3 ulp,
      // and with one rounding: 226 · 4 · 2^-23 = 1.1e-4 if all erred alike, √226 · 4 · 2^-23 = 7e-6 as
      // they do.
      assertClose(await gpu.read(tensor), expected, { relative: 1e-5 });
    }
  });

  test("refuses a subgroup for rows that it cannot hold", (gpu) => {
    const pitch = 4 * 32 * (gpu.adapter.subgroupSize ?? 0) + 4;
    assert.throws(() => softmaxRows(gpu, gpu.empty([2, pitch]), { form: "subgroup" }), {
      name: "ShapeError",
      message: /^softmaxRows: form subgroup needs .* for a pitch of \d+; leave the form out$/,
    });
  });
});

hostTest("softmaxForm() keeps rows in registers where loads are dear and lanes busy", async () => {
  const form = async (report: Partial<typeof PORTABLE_DEVICE.adapter>, pitch: number) =>
    softmaxForm(
      await openPlanner({
        device: { ...PORTABLE_DEVICE.device, features: new Set(["subgroups"]) },
        adapter: { ...PORTABLE_DEVICE.adapter, ...report },
      }),
      pitch,
    );
  assert.equal(await form({ software: true, subgroupSize: 8 }, 132), "subgroup");
  assert.equal(await form({ software: true, subgroupSize: 8 }, 1024), "subgroup");
  assert.equal(await form({ software: true, subgroupSize: 8 }, 128), "invocation");
  assert.equal(await form({ software: true, subgroupSize: 8 }, 1028), "invocation");
  assert.equal(await form({ software: true, subgroupSize: 4 }, 132), "invocation");
  assert.equal(await form({ software: true, subgroupSize: null }, 132), "invocation");
  assert.equal(await form({ vendor: "nvidia", subgroupSize: 32 }, 1024), "workgroup");
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

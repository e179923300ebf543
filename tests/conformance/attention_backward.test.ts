import assert from "node:assert/strict";
import {
  attentionBackward,
  attentionBackwardForms,
} from "../../kernels/attention/attention_backward.ts";
import * as forward from "../../kernels/attention/reference.ts";
import * as reference from "../../kernels/attention/reference_backward.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { dot, finiteDifferences } from "../support/gradients.ts";
import { uniform } from "../support/random.ts";

function operands(images: number, tokens: number, dim: number) {
  return {
    qkv: uniform(images * tokens * 3 * dim, { seed: tokens, low: -2, high: 2 }),
    dOut: uniform(images * tokens * dim, { seed: dim }),
  };
}

/** The reference, image by image. */
function expected(data: ReturnType<typeof operands>, tokens: number, dim: number, heads: number) {
  const images = data.dOut.length / tokens / dim;
  return Array.from({ length: images }).flatMap((_, image) => [
    ...reference.attentionBackward(
      data.dOut.subarray(image * tokens * dim),
      data.qkv.subarray(image * tokens * 3 * dim),
      tokens,
      dim,
      heads,
    ),
  ]);
}

/**
 * A weight is off by a relative 4e-7 from its exponential and √size · 2^-24 · 5 from its score (see
 * attention.test.ts); the gradients are sums of weights, which add up to 1 over the keys, times
 * values of up to 2 · size, and over the queries of up to that many more.
 */
const tolerance = (size: number) => ({ absolute: 2e-6 * Math.sqrt(size) + 2e-6 });

conformance("attentionBackward()", (test) => {
  // Tokens on both sides of tiles and of quads, of the 32 of a subgroup of 8; heads of 4 to 64, with
  // room left in their registers; each form, that of stored scores by one lane a row and by many.
  for (
    const [tokens, heads, size] of [[1, 2, 8], [3, 1, 4], [37, 4, 32], [32, 1, 20], [66, 3, 8], [
      33,
      2,
      64,
    ]]
  ) {
    test(`agrees with f64 on ${tokens} tokens, ${heads} heads of ${size}`, async (gpu) => {
      const dim = heads * size;
      const data = operands(2, tokens, dim);
      const dOut = gpu.upload(data.dOut, [2, tokens, dim]);
      const qkv = gpu.upload(data.qkv, [2, tokens, 3 * dim]);
      const wanted = expected(data, tokens, dim, heads);
      for (const form of attentionBackwardForms(gpu, { tokens, size })) {
        for (const lanes of form === "scores" ? [1, 16] : [1]) {
          const dQkv = attentionBackward(gpu, dOut, qkv, heads, { form, lanes });
          assertClose(await gpu.read(dQkv), wanted, tolerance(size));
        }
      }
    });
  }

  test("agrees with f64 on 1201 tokens", async (gpu) => {
    const [tokens, dim] = [1201, 4];
    const data = operands(1, tokens, dim);
    const dOut = gpu.upload(data.dOut, [1, tokens, dim]);
    const qkv = gpu.upload(data.qkv, [1, tokens, 3 * dim]);
    const wanted = expected(data, tokens, dim, 1);
    for (const form of attentionBackwardForms(gpu, { tokens, size: dim })) {
      const dQkv = attentionBackward(gpu, dOut, qkv, 1, { form });
      assertClose(await gpu.read(dQkv), wanted, tolerance(4));
    }
  });

  test("does not depend on how many heads are computed at once", async (gpu) => {
    const [images, tokens, dim, heads] = [3, 9, 24, 3];
    const data = operands(images, tokens, dim);
    const dOut = gpu.upload(data.dOut, [images, tokens, dim]);
    const qkv = gpu.upload(data.qkv, [images, tokens, 3 * dim]);
    const one = 4 * tokens * 12; // bytes of a score matrix
    const [all, ...parts] = await gpu.readAll([
      attentionBackward(gpu, dOut, qkv, heads, { form: "scores" }),
      ...[one, 2 * one, 6 * one].map((scoreBytes) =>
        attentionBackward(gpu, dOut, qkv, heads, { form: "scores", scoreBytes })
      ),
    ]);
    for (const part of parts) assertSame(part, all);
  });

  test("has a gradient that finite differences confirm", () => {
    const [tokens, dim, heads] = [4, 8, 2];
    const { qkv, dOut } = operands(1, tokens, dim);
    const numeric = finiteDifferences(
      (at) => dot(forward.attention(at, tokens, dim, heads), dOut),
      qkv,
    );
    const found = reference.attentionBackward(dOut, qkv, tokens, dim, heads);
    assertClose(found, numeric, { absolute: 1e-7 });
  });

  test("rejects other shapes", (gpu) => {
    assert.throws(() => attentionBackward(gpu, gpu.empty([1, 2, 8]), gpu.empty([1, 2, 8]), 2), {
      name: "ShapeError",
      message: "attentionBackward: qkv must be [1, 2, 24], got [1, 2, 8]",
    });
    assert.throws(() => attentionBackward(gpu, gpu.empty([1, 2, 8]), gpu.empty([1, 2, 24]), 4), {
      message: "attentionBackward: 8 dimensions in 4 heads: the head size must be a multiple of 4",
    });
  });
});

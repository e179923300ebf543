import assert from "node:assert/strict";
import { normals, philox4x32, uniforms, type Words4 } from "../../kernels/random/philox.ts";
import { hostTest } from "../support/conformance.ts";

const hex = (words: readonly number[]) => words.map((word) => word.toString(16).padStart(8, "0"));

// Known answers of the authors' Random123 library, file kat_vectors, philox4x32 10.
const KNOWN: [Words4, [number, number], string[]][] = [
  [[0, 0, 0, 0], [0, 0], ["6627e8d5", "e169c58d", "bc57ac4c", "9b00dbd8"]],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    ["408f276d", "41c83b0e", "a20bc7c6", "6d5451fd"],
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    ["d16cfe09", "94fdcceb", "5001e420", "24126ea1"],
  ],
];

hostTest("philox4x32() gives the published known answers", () => {
  for (const [counter, key, answer] of KNOWN) {
    assert.deepEqual(hex(philox4x32(counter, key)), answer);
  }
});

hostTest("philox4x32() agrees with 64-bit arithmetic", () => {
  // The products of the first round, with BigInt, for operands that carry in every partial sum.
  for (const word of [1, 0xffff, 0x10000, 0xffff0000, 0xffffffff, 0x89abcdef]) {
    const round = (counter: bigint[], key: bigint[]) => {
      const first = 0xd2511f53n * counter[0];
      const second = 0xcd9e8d57n * counter[2];
      const low = (x: bigint) => x & 0xffffffffn;
      return [
        low((second >> 32n) ^ counter[1] ^ key[0]),
        low(second),
        low((first >> 32n) ^ counter[3] ^ key[1]),
        low(first),
      ];
    };
    let counter = [word, 2, word, 4].map(BigInt);
    let key = [5n, 6n];
    for (let i = 0; i < 10; i++) {
      counter = round(counter, key);
      key = [(key[0] + 0x9e3779b9n) & 0xffffffffn, (key[1] + 0xbb67ae85n) & 0xffffffffn];
    }
    assert.deepEqual(philox4x32([word, 2, word, 4], [5, 6]), counter.map(Number));
  }
});

hostTest("uniforms() lie in [0, 1) with the right mean and variance", () => {
  const count = 1 << 16;
  const values = uniforms(count, { seed: 1 });
  let sum = 0, squares = 0;
  for (const value of values) {
    assert.ok(value >= 0 && value < 1);
    sum += value - 0.5;
    squares += (value - 0.5) ** 2;
  }
  // Standard errors: 0.289/256 = 1.1e-3 and 0.0745/256 = 2.9e-4; four of each.
  assert.ok(Math.abs(sum / count) < 4.6e-3);
  assert.ok(Math.abs(squares / count - 1 / 12) < 1.2e-3);
});

hostTest("normals() have mean 0 and variance 1", () => {
  const count = 1 << 16;
  let sum = 0, squares = 0;
  for (const value of normals(count, { seed: 2 })) {
    sum += value;
    squares += value ** 2;
  }
  // Standard errors 1/256 and sqrt(2)/256; four of each.
  assert.ok(Math.abs(sum / count) < 0.016);
  assert.ok(Math.abs(squares / count - 1) < 0.023);
});

hostTest("a longer sequence begins with the shorter one", () => {
  for (const draw of [uniforms, normals]) {
    const long = draw(11, { seed: 3, stream: 4 });
    for (let count = 0; count <= 11; count++) {
      assert.deepEqual(draw(count, { seed: 3, stream: 4 }), long.slice(0, count));
    }
  }
});

hostTest("seeds and streams give different sequences, beyond 32 bits too", () => {
  const sources = [
    { seed: 0 },
    { seed: 1 },
    { seed: 0, stream: 1 },
    { seed: 2 ** 32 },
    { seed: 2 ** 53 - 1 },
  ];
  const firsts = sources.map((source) => uniforms(4, source).join());
  assert.equal(new Set(firsts).size, sources.length);
});

hostTest("a seed or stream out of range is refused", () => {
  assert.throws(() => uniforms(1, { seed: -1 }), {
    message: "seed must be a whole number from 0 to 2^53 - 1, got -1",
  });
  assert.throws(() => normals(1, { seed: 0, stream: 0.5 }), {
    message: "stream must be a whole number from 0 to 2^32 - 1, got 0.5",
  });
});

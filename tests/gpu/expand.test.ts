import assert from "node:assert/strict";
import { expandWgsl, sizeClass, variantChoices } from "@fiedler/gpu";

const lines = (text: string) => text.split("\n").map((line) => line.trim()).filter(Boolean);

Deno.test("@variants sets the constant, and the default stays without a choice", () => {
  const source = "// @variants ROWS = 4, 8\nconst ROWS = 8u;\n";
  assert.deepEqual(variantChoices(source), { ROWS: [4, 8] });
  assert.match(expandWgsl(source, { ROWS: 4 }), /const ROWS = 4u;/);
  assert.match(expandWgsl(source), /const ROWS = 8u;/);
  assert.throws(() => expandWgsl(source, { ROWS: 5 }), RangeError);
  assert.throws(() => expandWgsl(source, { COLUMNS: 4 }), RangeError);
});

Deno.test("@unroll writes the body out, nested and with constant arithmetic", () => {
  const source = `const R = 2u;
    fn f() {
      // @unroll
      for (var r = 0u; r < R; r++) {
        // @unroll
        for (var q = 0u; q < R * 2 - 2; q++) { out[r * 2 + q] = r; }
      }
    }`;
  const text = expandWgsl(source);
  assert.doesNotMatch(text, /\bfor\b/);
  assert.equal(text.match(/out\[/g)!.length, 4);
  assert.match(text, /out\[1u \* 2 \+ 0u\] = 1u;/);
});

Deno.test("local arrays indexed by constants become initialised scalars", () => {
  const source = `const N = 2u;
    fn f() {
      var sums: array<vec4f, N * 2>;
      // @unroll
      for (var i = 0u; i < N * 2; i++) { sums[i] += x[i]; }
      out[0] = sums[3][0];
    }`;
  const text = lines(expandWgsl(source)).join("\n");
  assert.match(text, /var sums_0 = vec4f\(\); .*var sums_3 = vec4f\(\);/);
  assert.match(text, /sums_2 \+= x\[2u\];/);
  assert.match(text, /out\[0\] = sums_3\[0\];/);
});

Deno.test("an array with one variable index stays an array", () => {
  const source = "fn f(k: u32) {\n  var a: array<f32, 4>;\n  a[0] = 1; out[0] = a[k];\n}";
  assert.equal(expandWgsl(source), source);
});

Deno.test("a bound that is no constant is refused", () => {
  const source = "// @unroll\nfor (var i = 0u; i < params.rows; i++) { }";
  assert.throws(() => expandWgsl(source), /"params.rows" is not a constant/);
});

Deno.test("sizeClass() holds the size with at most a quarter to spare", () => {
  for (const bytes of [1, 255, 256, 257, 5000, 65_537, 1e6, 1.3e8]) {
    const size = sizeClass(bytes);
    assert.ok(size >= bytes && size % 256 === 0);
    assert.ok(size <= Math.max(256, bytes * 1.25 + 256), `${bytes} in ${size}`);
  }
});

/** What the page is made of, without a browser. */
import nodeAssert from "node:assert/strict";
import assert from "node:assert/strict";
import { assertClose, inTolerances, takeWorst } from "../../support/close.ts";
import pageAssert from "../../support/browser_assert.ts";
import { closenessText, reportText, shareText, totals, worstOf } from "./report.ts";
import { type Outcome, select } from "./run.ts";
import { SUITES } from "./suites.ts";

Deno.test("the page knows every suite", () => {
  const files = [...Deno.readDirSync(new URL("../", import.meta.url))].map(({ name }) => name)
    .filter((name) => name.endsWith(".test.ts")).map((name) => name.slice(0, -".test.ts".length));
  assert.deepEqual(
    Object.keys(SUITES),
    files.sort(),
    "list it in tests/conformance/page/suites.ts",
  );
});

/** Whether a call of each `assert` throws, and a rejection counts. */
async function verdict(
  call: (assert: typeof pageAssert) => unknown,
  by: typeof pageAssert,
): Promise<string> {
  try {
    await call(by);
    return "passes";
  } catch {
    return "fails";
  }
}

Deno.test("the page's assert passes and fails as Node's", async () => {
  const boom = () => {
    throw new RangeError("sizes must match, got 3");
  };
  const calls: ((assert: typeof pageAssert) => unknown)[] = [
    (assert) => assert.ok(0),
    (assert) => assert.ok("a"),
    (assert) => assert.fail("no"),
    (assert) => assert.match("abc", /b/),
    (assert) => assert.match("abc", /x/),
    (assert) => assert.throws(boom),
    (assert) => assert.throws(() => {}),
    (assert) => assert.throws(boom, RangeError),
    (assert) => assert.throws(boom, SyntaxError),
    (assert) => assert.throws(boom, /must match/),
    (assert) => assert.throws(boom, /must differ/),
    (assert) => assert.throws(boom, { name: "RangeError", message: "sizes must match, got 3" }),
    (assert) => assert.throws(boom, { name: "RangeError", message: "sizes must match" }),
    (assert) => assert.throws(boom, { message: /got \d$/ }),
    (assert) => assert.throws(boom, { message: /^got/ }),
    (assert) => assert.throws(boom, { name: "TypeError" }),
    (assert) => assert.rejects(Promise.reject(new TypeError("t")), TypeError),
    (assert) => assert.rejects(Promise.reject(new TypeError("t")), RangeError),
    (assert) => assert.rejects(Promise.resolve(1)),
  ];
  const values: unknown[] = [0, -0, NaN, "0", null, undefined, [], {}, [0], [-0], [undefined]];
  values.push([0, [1]], [0, [1]], { a: 1 }, { a: 1, b: undefined }, { b: undefined, a: 1 });
  values.push(Float32Array.of(0, NaN), Float32Array.of(0, NaN), Float32Array.of(-0, NaN));
  values.push(Uint32Array.of(0), [new RangeError("a")], new (class A {})());
  for (const a of values) {
    for (const b of values) {
      calls.push((assert) => assert.equal(a, b), (assert) => assert.notEqual(a, b));
      calls.push((assert) => assert.deepEqual(a, b), (assert) => assert.notDeepEqual(a, b));
    }
  }
  for (const call of calls) {
    const node = nodeAssert as unknown as typeof pageAssert;
    assert.equal(await verdict(call, pageAssert), await verdict(call, node), String(call));
  }
});

Deno.test("the worst comparison is the nearest to its limit", () => {
  takeWorst();
  assert.equal(takeWorst(), null);
  assertClose([1, 2], [1, 2.5], { absolute: 1 }); // half of it
  assertClose([1, 2], [1, 2.75], { absolute: 3 }); // a quarter
  assertClose([7], [7], {});
  assert.deepEqual(takeWorst(), { error: 0.5, limit: 1 });
  assert.throws(() => assertClose([1, NaN, 9], [1, 2, 2], { relative: 1 }), {
    message: "element 1: got NaN, expected 2 ± 2; 2 of 3 are off",
  });
  assert.equal(inTolerances(takeWorst()!), Infinity);
  assert.throws(() => assertClose([3, 1, 0], [1, 4, 0], { absolute: 1 }), {
    message: "element 1: got 1, expected 4 ± 1; 2 of 3 are off",
  });
  assert.deepEqual(takeWorst(), { error: 3, limit: 1 });
});

const test = (name: string) => ({ name, body: () => Promise.resolve() });
const passed: Outcome = { failure: null, worst: { error: 3.14e-7, limit: 1e-6 }, ms: 1234 };
const exact: Outcome = { failure: null, worst: { error: 0, limit: 0 }, ms: 5 };
const failed: Outcome = { failure: "GpuLostError: gone\nfor good", worst: null, ms: 1 };

Deno.test("suites are selected by their name or their tests'", () => {
  const suites = [
    { name: "matmul", tests: [test("matmul() adds"), test("packHalves() rounds")] },
    { name: "conv2d", tests: [test("conv2d() as matmul()"), test("conv2d() pads")] },
  ];
  const names = (words: string) =>
    select(suites, words).map(({ name, tests }) => `${name} ${tests.length}`);
  assert.deepEqual(names(""), ["matmul 2", "conv2d 2"]);
  assert.deepEqual(names(" MATMUL "), ["matmul 2"]);
  assert.deepEqual(names("matmul()"), ["matmul 1", "conv2d 1"]);
  assert.deepEqual(names("pads"), ["conv2d 1"]);
  assert.deepEqual(names("softmax"), []);
});

Deno.test("a report says where, how many, what failed and how near the limits were", () => {
  const suite = { name: "matmul", tests: ["a", "b", "c", "d"].map(test) };
  const outcomes = new Map([["a", passed], ["b", exact], ["c", failed]]);
  const adapter = {
    ...{ vendor: "acme", architecture: "", description: "Acme 1", software: false },
    ...{ subgroupSize: 32, f16: true, timestamps: false, texels: false },
  };
  const place = { adapter, features: ["shader-f16"], limits: { a: 1 }, userAgent: "Browser/1" };
  const unused = { suite: { name: "rest", tests: [test("a")] }, outcomes: new Map() };
  assert.equal(
    reportText(place, [{ suite, outcomes }, unused], "2026-01-02"),
    `# Fiedler conformance

- Adapter: Acme 1
- Vendor, architecture: acme
- Subgroups: of 32
- Features: shader-f16
- Limits: a 1
- Browser: Browser/1
- 2 passed, 1 failed of 5 tests, 1.2 s, 2026-01-02

## Failures

- **matmul** › c

      GpuLostError: gone
      for good

| suite | passed | worst error of its tolerance | share | time |
| --- | ---: | ---: | ---: | ---: |
| matmul | 2 of 4 | 3.1e-7 of 1.0e-6 | 31 % | 1.2 s |
`,
  );
  assert.deepEqual(totals([unused]), { tests: 1, ran: 0, failed: 0, ms: 0 });
  assert.deepEqual(worstOf([exact, passed]), passed.worst);
  assert.deepEqual([closenessText(exact.worst), shareText(exact.worst)], ["same", ""]);
  assert.deepEqual([closenessText(null), shareText({ error: 1, limit: 0 })], ["", "beyond"]);
});

/**
 * What the conformance suites use of `node:assert/strict`, where there is no Node: bundles for pages
 * take this file in its place. A suite that uses more fails in the page, and says what is missing.
 */

/** What an error must be like: of a class, or with these properties, or with such a message. */
type Expected =
  | RegExp
  | (abstract new (...args: never[]) => unknown)
  | Readonly<Record<string, unknown>>;

class AssertionError extends Error {
  override readonly name = "AssertionError";
}

const MAX_SHOWN = 200;

/** A value for a message, cut where it is long. */
function shown(value: unknown): string {
  if (typeof value === "function") return value.name;
  if (value instanceof Error || value instanceof RegExp) return String(value);
  const plain = ArrayBuffer.isView(value) ? Array.from(value as Float32Array) : value;
  // JSON has no words for these.
  const text = JSON.stringify(
    plain,
    (_, at) =>
      typeof at === "bigint" || at === undefined || typeof at === "number" && !Number.isFinite(at)
        ? String(at)
        : at,
  );
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

function fail(message?: string | Error): never {
  throw message instanceof Error ? message : new AssertionError(message ?? "failed");
}

/** The same prototype, the same entries, numbers by `Object.is`: as Node's strict mode. */
function same(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
    return Object.is(a, b);
  }
  if (a === b) return true;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (ArrayBuffer.isView(a)) {
    const [left, right] = [a, b] as Float32Array[];
    return left.length === right.length && left.every((value, i) => Object.is(value, right[i]));
  }
  if (a instanceof Map || a instanceof Set) {
    throw new AssertionError("deepEqual: maps and sets are not compared in pages; use arrays");
  }
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  const [left, right] = [a, b] as Record<string, unknown>[];
  return keys.every((key) => Object.hasOwn(right, key) && same(left[key], right[key]));
}

function expectError(error: unknown, expected?: Expected): void {
  if (expected === undefined) return;
  const isLike = typeof expected === "function"
    ? error instanceof expected
    : expected instanceof RegExp
    ? expected.test(String(error))
    : Object.entries(expected).every(([key, value]) => {
      const actual = (error as Record<string, unknown>)[key];
      return value instanceof RegExp ? value.test(String(actual)) : same(actual, value);
    });
  if (isLike) return;
  const wanted = expected instanceof RegExp || typeof expected === "function"
    ? shown(expected)
    : Object.entries(expected).map(([key, value]) => `${key} ${shown(value)}`).join(", ");
  fail(`expected an error with ${wanted}, got ${error}`);
}

export default {
  fail,
  ok(value: unknown, message?: string): void {
    if (!value) fail(message ?? `expected something true, got ${shown(value)}`);
  },
  equal(actual: unknown, expected: unknown, message = "values differ"): void {
    if (!Object.is(actual, expected)) {
      fail(`${message}: got ${shown(actual)}, expected ${shown(expected)}`);
    }
  },
  notEqual(actual: unknown, expected: unknown, message = "values are equal"): void {
    if (Object.is(actual, expected)) fail(`${message}: both are ${shown(actual)}`);
  },
  deepEqual(actual: unknown, expected: unknown, message = "values differ"): void {
    if (!same(actual, expected)) {
      fail(`${message}: got ${shown(actual)}, expected ${shown(expected)}`);
    }
  },
  notDeepEqual(actual: unknown, expected: unknown, message = "values are equal"): void {
    if (same(actual, expected)) fail(`${message}: both are ${shown(actual)}`);
  },
  match(actual: string, expected: RegExp): void {
    if (!expected.test(actual)) fail(`expected a match of ${expected}, got ${shown(actual)}`);
  },
  throws(body: () => unknown, expected?: Expected): void {
    try {
      body();
    } catch (error) {
      return expectError(error, expected);
    }
    fail("expected an error, got none");
  },
  async rejects(promise: Promise<unknown>, expected?: Expected): Promise<void> {
    try {
      await promise;
    } catch (error) {
      return expectError(error, expected);
    }
    fail("expected a rejection, got none");
  },
};

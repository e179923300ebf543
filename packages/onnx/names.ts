import type { OnnxGraph } from "@fiedler/io";

/** Most names that an error lists. */
const MOST = 5;

/** Names like the one that is not there, and those that sound like key projections, the last first. */
export function nameAdvice({ nodes }: OnnxGraph, wanted: string): string {
  const names = nodes.flatMap(({ outputs }) => outputs).filter((name) => name !== "");
  const shares = new Map(names.map((name) => [name, shared(name, wanted)]));
  const near = names.filter((name) => shares.get(name)! > 0)
    .toSorted((a, b) => shares.get(b)! - shares.get(a)!).slice(0, MOST);
  const keys = names.filter((name) => /key|k_proj|qkv/i.test(name)).slice(-MOST)
    .toReversed();
  return [
    near.length > 0 ? `near: ${near.join(", ")}` : "",
    keys.length > 0 ? `the last that sound like keys: ${keys.join(", ")}` : "",
  ].filter((text) => text !== "").join("; ") ||
    `there are ${names.slice(-MOST).join(", ")}`;
}

/** Share of the three-letter pieces of two names that both have. */
function shared(a: string, b: string): number {
  const pieces = (name: string) =>
    new Set(
      Array.from({ length: Math.max(0, name.length - 2) }, (_, i) => name.slice(i, i + 3)),
    );
  const [one, other] = [pieces(a), pieces(b)];
  return one.size + other.size === 0 ? 0 : one.intersection(other).size / one.union(other).size;
}

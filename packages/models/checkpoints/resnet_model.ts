import type { FoundModel, ModelHints } from "../found_model.ts";
import type { Subtree } from "./keys.ts";
import type { Place, Release } from "./release.ts";
export function findResNetModel(
  _subtree: Subtree,
  _o: Omit<ModelHints, "release"> & {
    readonly place: Place;
    readonly notes: readonly string[];
    readonly release?: unknown;
  },
): FoundModel {
  throw new Error("todo");
}
export type { Place, Release };

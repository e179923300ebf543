/// <reference lib="dom" />
import { atRest } from "./at_rest.ts";

/** Writes settings into the address once a slider rests: browsers limit how often that may be. */
export const keepHash = atRest(400, (hash: string) => {
  if (location.hash.replace(/^#/, "") === hash) return;
  history.replaceState(null, "", hash === "" ? location.pathname : `#${hash}`);
});

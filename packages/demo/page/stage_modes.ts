/// <reference lib="dom" />
import { byId } from "./dom.ts";
import type { Stage, StageMode } from "./stage.ts";

/** The choice of how masks are drawn. */
export interface Modes {
  readonly chosen: StageMode;
  choose(mode: StageMode): void;
}

/** The choice above the stage. */
export function makeModes(stage: Stage): Modes {
  const views = byId("views", HTMLFieldSetElement);
  const chosen = () => views.querySelector<HTMLInputElement>(":checked")!.value as StageMode;
  const show = () => {
    stage.setMode(chosen());
    byId("found-count").hidden = chosen() !== "trained";
  };
  views.addEventListener("change", show);
  show();
  return {
    get chosen() {
      return chosen();
    },
    choose(mode) {
      views.querySelector<HTMLInputElement>(`[value=${mode}]`)!.checked = true;
      show();
    },
  };
}

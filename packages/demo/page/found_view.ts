/// <reference lib="dom" />
import { percent, plural } from "@fiedler/report";
import type { Predicted } from "../studio.ts";
import { byId } from "./dom.ts";
import { tintOf } from "./mask_colours.ts";
import type { Stage } from "./stage.ts";
import { timeWords } from "./words.ts";

/** Objects drawn at first: more hide the picture. */
const DRAWN = 12;

/** What the trained segmenter finds, over the picture: the best so many. */
export interface FoundView {
  show(predicted: Predicted): void;
  /** For another picture. */
  clear(): void;
}

/** The view of the page. */
export function makeFoundView(stage: Stage): FoundView {
  const slider = byId("found-count");
  const input = slider.querySelector("input")!;
  let { objects }: Pick<Predicted, "objects"> = { objects: [] };
  const draw = () => {
    const drawn = objects.slice(0, input.valueAsNumber);
    stage.setFound(drawn.map(({ segmentation, score }, i) => ({
      ...{ segmentation, tint: tintOf(i) },
      words: `Object ${i + 1}, with a score of ${percent(score)}`,
    })));
    const least = drawn.at(-1)?.score ?? 0;
    slider.querySelector("output")!.value = `${drawn.length}, scored ${percent(least)} and more`;
    const range = Math.max(1, objects.length - 1);
    input.style.setProperty("--share", String((drawn.length - 1) / range));
  };
  input.addEventListener("input", draw);
  return {
    show(predicted) {
      ({ objects } = predicted);
      input.max = String(Math.max(1, objects.length));
      input.value = String(Math.min(DRAWN, objects.length));
      byId("trained-view").hidden = false;
      byId("summary").textContent = `${plural(objects.length, "object")} by the trained segmenter`;
      byId("times").textContent = `in ${timeWords(predicted.ms)}`;
      draw();
    },
    clear() {
      objects = [];
      byId("trained-view").hidden = true;
      draw();
    },
  };
}

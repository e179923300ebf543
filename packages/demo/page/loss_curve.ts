/// <reference lib="dom" />
import { significant } from "@fiedler/report";
import type { TrainingStep } from "../studio.ts";
import { byId, el, svg, svgText } from "./dom.ts";

/** Sizes of the plot, in its own units. */
const FRAME = { width: 480, height: 240, left: 44, right: 14, top: 14, bottom: 28 };

/** Terms of the loss by name, for people; others are shown as they are called. */
const TERMS: Readonly<Record<string, string>> = {
  category: "Cells: which show an object",
  maxProjection: "Extent: where masks begin and end",
  meanProjection: "Fill of rows and columns",
  pairwise: "Pairs of like neighbours",
  dice: "Pixels: overlap with the masks",
};

/** The loss so far, drawn anew with each step. */
export interface LossCurve {
  /** Starts over. */
  clear(steps: number): void;
  add(step: TrainingStep): void;
}

/** The curve of the page. */
export function makeLossCurve(): LossCurve {
  const drawing = svg("svg", {
    viewBox: `0 0 ${FRAME.width} ${FRAME.height}`,
    role: "img",
    "aria-label": "Loss at each step",
  });
  byId("train-curve").append(drawing);
  let done: TrainingStep[] = [];
  let planned = 1;
  const draw = () => drawing.replaceChildren(...curve(done, planned));
  return {
    clear(steps) {
      [done, planned] = [[], steps];
      byId("train-terms").replaceChildren();
      draw();
    },
    add(step) {
      done = [...done, step];
      draw();
      byId("train-terms").replaceChildren(...terms(step));
    },
  };
}

function curve(done: readonly TrainingStep[], planned: number): SVGElement[] {
  const top = Math.max(...done.map(({ loss }) => loss), 1e-9) * 1.05;
  const x = (step: number) =>
    FRAME.left + (step - 1) / Math.max(1, planned - 1) * (FRAME.width - FRAME.left - FRAME.right);
  const y = (loss: number) =>
    FRAME.height - FRAME.bottom - loss / top * (FRAME.height - FRAME.top - FRAME.bottom);
  const rules = done.length === 0 ? [0] : [0, 0.5, 1].map((share) => share * top);
  const path = (loss: (step: TrainingStep, at: number) => number) =>
    done.map((step, i) => `${i === 0 ? "M" : "L"}${x(step.step)} ${y(loss(step, i))}`).join("");
  const parts = [
    ...rules.flatMap((loss) => [
      svg("path", { class: "rule", d: `M${FRAME.left} ${y(loss)}H${FRAME.width - FRAME.right}` }),
      label(FRAME.left - 8, y(loss) + 4, "end", done.length === 0 ? "" : significant(loss)),
    ]),
    label(x(1), FRAME.height - 8, "start", "step 1"),
    label(x(planned), FRAME.height - 8, "end", String(planned)),
    svg("path", { class: "line faint", d: path(({ loss }) => loss) }),
    svg("path", { class: "line", d: path((_, i) => recentMean(done, i)) }),
  ];
  const last = done.at(-1);
  if (last) {
    parts.push(
      svg("circle", {
        class: "now",
        cx: x(last.step),
        cy: y(recentMean(done, done.length - 1)),
        r: 4,
      }),
    );
  }
  return parts;
}

/** Mean over the last few steps: single ones jump with their pictures. */
function recentMean(done: readonly TrainingStep[], at: number): number {
  const part = done.slice(Math.max(0, at - 6), at + 1);
  return part.reduce((sum, { loss }) => sum + loss, 0) / part.length;
}

const label = (x: number, y: number, anchor: "start" | "end", words: string): SVGElement =>
  svgText({ x, y, class: `tick ${anchor}` }, words);

function terms({ loss, terms }: TrainingStep): HTMLElement[] {
  const rows: [string, number | null][] = [["Loss", loss], ...Object.entries(terms)];
  return rows.flatMap(([name, value]) => [
    el("dt", {}, TERMS[name] ?? name),
    el("dd", {}, value === null ? "–" : value.toFixed(3)),
  ]);
}

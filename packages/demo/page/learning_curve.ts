/// <reference lib="dom" />
import { significant } from "@fiedler/report";
import type { PretrainingStep } from "../studio.ts";
import { byId, svg, svgText } from "./dom.ts";
import { timeLabel } from "./words.ts";

/** Sizes of the plot, in its own units. */
const FRAME = { width: 480, height: 240, left: 44, right: 14, top: 14, bottom: 28 };
/** Steps are drawn together where there are more. */
const MOST_POINTS = 200;
/** Points that the bold line is the mean of. */
const SMOOTHED = 7;
/** The loss of guessing each patch's mean. */
const GUESS = 1;
/** No loss is drawn higher than so many times {@linkcode GUESS}. */
const TOP = 2;

/** The loss over the time of learning. */
export interface LearningCurve {
  /** Starts over, for so many milliseconds. */
  clear(ms: number): void;
  add(steps: readonly PretrainingStep[]): void;
  /** Marks the moment of a snapshot; null for none. */
  mark(ms: number | null): void;
}

/** The curve of the page. Drawn once a frame, however often steps come. */
export function makeLearningCurve(): LearningCurve {
  const drawing = svg("svg", {
    viewBox: `0 0 ${FRAME.width} ${FRAME.height}`,
    role: "img",
    "aria-label": "Loss over the time of learning",
  });
  byId("learn-curve").append(drawing);
  let done: PretrainingStep[] = [];
  let [span, marked, asked]: [number, number | null, boolean] = [60_000, null, false];
  const draw = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      drawing.replaceChildren(...curve(done, span, marked));
    });
  };
  draw();
  return {
    clear(ms) {
      [done, span, marked] = [[], ms, null];
      draw();
    },
    add(steps) {
      done.push(...steps);
      draw();
    },
    mark(ms) {
      marked = ms;
      draw();
    },
  };
}

/** Moment and loss. */
type Point = readonly [ms: number, loss: number];

function curve(
  done: readonly PretrainingStep[],
  span: number,
  marked: number | null,
): SVGElement[] {
  const points = thinned(done);
  const top = Math.min(TOP, Math.max(GUESS, ...points.map(([, loss]) => loss)) * 1.05);
  const [right, bottom] = [FRAME.width - FRAME.right, FRAME.height - FRAME.bottom];
  // The last steps may end a little after their time.
  const x = (ms: number) => FRAME.left + Math.min(1, ms / span) * (right - FRAME.left);
  const y = (loss: number) => bottom - Math.min(loss, top) / top * (bottom - FRAME.top);
  const path = (all: readonly Point[]) =>
    all.map(([ms, loss], i) => `${i === 0 ? "M" : "L"}${x(ms)} ${y(loss)}`).join("");
  const smooth = points.map(([ms], i): Point => [
    ms,
    mean(points.slice(Math.max(0, i - SMOOTHED + 1), i + 1).map(([, loss]) => loss)),
  ]);
  const last = smooth.at(-1);
  return [
    ...[0, GUESS / 2, GUESS].flatMap((loss) => [
      svg("path", { class: "rule", d: `M${FRAME.left} ${y(loss)}H${right}` }),
      label(FRAME.left - 8, y(loss) + 4, "end", significant(loss)),
    ]),
    ...[0, span / 2, span].map((ms, i) =>
      label(x(ms), FRAME.height - 8, ["start", "middle", "end"][i], timeLabel(ms))
    ),
    ...marked === null
      ? []
      : [svg("path", { class: "limit", d: `M${x(marked)} ${FRAME.top}V${bottom}` })],
    svg("path", { class: "line faint", d: path(points) }),
    svg("path", { class: "line", d: path(smooth) }),
    ...last ? [svg("circle", { class: "now", cx: x(last[0]), cy: y(last[1]), r: 4 })] : [],
  ];
}

/** Neighbouring steps as one, by their mean. */
function thinned(done: readonly PretrainingStep[]): Point[] {
  const each = Math.ceil(done.length / MOST_POINTS);
  return Array.from({ length: Math.ceil(done.length / each) || 0 }, (_, i) => {
    const part = done.slice(i * each, (i + 1) * each);
    return [part.at(-1)!.ms, mean(part.map(({ loss }) => loss))];
  });
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const label = (x: number, y: number, anchor: string, words: string): SVGElement =>
  svgText({ x, y, class: `tick ${anchor}` }, words);

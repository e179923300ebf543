/**
 * The curves of a training, as small plots over the same steps.
 *
 * @module
 */

import { count, significant } from "./format.ts";
import { html, type Markup } from "./html.ts";
import { axis, fixed, type Frame, scaleTo, tickStep } from "./svg.ts";
import { type Bin, type CurveStep, type Spread, thin } from "./thin.ts";

/** Bins of a curve: at most one for two units, at least as many as still look like a curve. */
const DRAWN = { least: 60, most: 180, steps: 8 };
const ROWS = 20; // of the table
const FRAME: Frame = {
  width: 400,
  height: 170,
  margin: { left: 58, right: 22, top: 8, bottom: 26 },
};
/** A plot reaches to the highest bin, or so far above all but this share: the rest is told. */
const REACH = { factor: 1.5, share: 0.98 };

/** Curves in the order in which they are drawn: the title of each, and what it is. */
export type CurveWords<N extends string> = Readonly<
  Record<N, readonly [title: string, meaning: string]>
>;

/**
 * One plot for each value that some step has, and one table of them all.
 *
 * @param steps At least one.
 * @param roundSteps Steps planned in each round; dashed lines part them.
 * @param note What else a reader of the plots needs to know.
 */
export function curves<N extends string>(
  steps: readonly CurveStep<N>[],
  words: CurveWords<N>,
  { roundSteps, note }: { readonly roundSteps: readonly number[]; readonly note: string },
): Markup {
  const all = Object.keys(words) as N[];
  const wanted = Math.round(steps.length / DRAWN.steps);
  const bins = thin(steps, Math.min(DRAWN.most, Math.max(DRAWN.least, wanted)), all);
  const rows = thin(steps, ROWS, all);
  const names = all.filter((name) => rows.some(({ values }) => values[name] !== null));
  const parted = bins.length < steps.length &&
    "Lines are medians of neighbouring steps; nine of ten of these lie in the band. ";
  const legend = rows.length < steps.length
    ? "The numbers are medians of the first and the last twentieth of the steps."
    : "The numbers are those of the first and the last step.";
  const ends = roundEnds(roundSteps).filter((step) => step < steps[steps.length - 1].step);
  return html`
    <div class="curves">${names.map((name) => panel(name, words[name], { bins, rows, ends }))}</div>
    <p class="legend">${parted}${legend} ${note}</p>
    ${dataTable(names, words, rows)}
  `;
}

/** The last step of each round but the last. */
function roundEnds(roundSteps: readonly number[]): number[] {
  let step = 0;
  return roundSteps.slice(0, -1).map((steps) => step += steps);
}

/** A step and its value, on the plot. */
interface Place {
  readonly x: number;
  readonly spread: Spread;
}

function panel<N extends string>(
  name: N,
  [title, meaning]: readonly [title: string, meaning: string],
  { bins, rows, ends }: {
    readonly bins: readonly Bin<N>[];
    readonly rows: readonly Bin<N>[];
    readonly ends: readonly number[];
  },
): Markup {
  const spreads = bins.flatMap(({ values }): Spread | [] => values[name] ?? []);
  const highest = Math.max(...spreads.map(({ most }) => most));
  const scale = scaleTo(reach(spreads), FRAME);
  const ceiling = scale.ticks[scale.ticks.length - 1];
  const at = stepScale(bins);
  const medians = rows.flatMap(({ values }): number | [] => values[name]?.median ?? []);
  const change = medians.length > 1
    ? `${three(medians[0])} → ${three(medians[medians.length - 1])}`
    : three(medians[0]);
  const shapes = segments(bins, name, at).map((places) =>
    segment(places, (value) => scale.y(Math.min(value, ceiling)))
  );
  return html`
    <figure class="curve">
      <figcaption><strong>${title}</strong> <span>${change}</span><small>${meaning}${highest >
          ceiling &&
        `; single steps reach ${significant(highest)}`}</small></figcaption>
      <svg viewBox="0 0 ${FRAME.width} ${FRAME.height}" role="img"
        aria-label="${title} by step: ${change}; the data follow as a table">
        ${axis(scale, FRAME)}${stepTicks(bins, at)}${ends.map((step) =>
          html`<path class="round" d="M${fixed(at(step))} ${FRAME.margin.top}V${
            FRAME.height - FRAME.margin.bottom
          }" />`
        )}
        ${shapes}
      </svg>
    </figure>
  `;
}

/** What is to be seen: steps that stick out do not flatten the others. */
function reach(spreads: readonly Spread[]): number {
  const highs = spreads.map(({ high }) => high).sort((a, b) => a - b);
  const last = highs.length - 1;
  return Math.min(highs[last], REACH.factor * highs[Math.ceil(REACH.share * last)]);
}

/** What of a bin says where it lies. */
type Extent = Pick<Bin, "first" | "last">;

/** Horizontal position of a step; the same in all plots. */
function stepScale(bins: readonly Extent[]): (step: number) => number {
  const [first, last] = [bins[0].first, bins[bins.length - 1].last];
  const { width, margin } = FRAME;
  const span = width - margin.left - margin.right;
  return (step) => margin.left + span * (last > first ? (step - first) / (last - first) : 0.5);
}

function stepTicks(bins: readonly Extent[], at: (step: number) => number): Markup[] {
  const [first, last] = [bins[0].first, bins[bins.length - 1].last];
  const step = Math.max(1, tickStep(last - first || 1));
  const ticks = last === first ? [first] : Array.from(
    { length: Math.floor(last / step) - Math.ceil(first / step) + 1 },
    (_, i) => (Math.ceil(first / step) + i) * step,
  );
  return ticks.map((tick) =>
    html`
      <text class="tick" x="${fixed(at(tick))}" y="${FRAME.height -
        6}">${count(tick)}</text>
    `
  );
}

/** Neighbouring bins that have the value; a gap where they have none. */
function segments<N extends string>(
  bins: readonly Bin<N>[],
  name: N,
  at: (step: number) => number,
): Place[][] {
  const parts: Place[][] = [[]];
  for (const { first, last, values } of bins) {
    const spread = values[name];
    if (spread) parts[parts.length - 1].push({ x: at((first + last) / 2), spread });
    else parts.push([]);
  }
  return parts.filter((part) => part.length > 0);
}

function segment(places: readonly Place[], y: (value: number) => number): Markup {
  const point = (x: number, value: number) => `${fixed(x)},${fixed(y(value))}`;
  if (places.length === 1) {
    const [{ x, spread: { median } }] = places;
    return html`<circle class="fill" cx="${fixed(x)}" cy="${fixed(y(median))}" r="3.5" />`;
  }
  const spreads = places.some(({ spread: { low, high } }) => high > low);
  const band = [
    ...places.map(({ x, spread }) => point(x, spread.high)),
    ...places.map(({ x, spread }) => point(x, spread.low)).reverse(),
  ];
  const line = places.map(({ x, spread }) => point(x, spread.median)).join(" ");
  return html`
    ${spreads && html`<polygon class="band" points="${band.join(" ")}" />`}<polyline
      class="line" points="${line}" />
  `;
}

function dataTable<N extends string>(
  names: readonly N[],
  words: CurveWords<N>,
  rows: readonly Bin<N>[],
): Markup {
  return html`
    <details>
      <summary>Data <small>medians of steps</small></summary>
      <div class="scroll">
        <table class="evaluation">
          <thead>
            <tr>
              <th>Steps${names.map((name) => html`<th>${words[name][0]}`)}</tr>
          </thead>
          <tbody>${rows.map(({ first, last, values }) =>
            html`
              <tr>
                <th scope="row">${first === last ? count(first) : `${count(first)}–${count(last)}`}
                ${names.map((name) => html`<td>${three(values[name]?.median)}`)}</tr>
            `
          )}</tbody>
        </table>
      </div>
    </details>
  `;
}

/** Three significant digits; a dash for no value. */
function three(value: number | undefined): string {
  if (value === undefined) return "–";
  return Math.abs(value) >= 1000 ? count(value) : String(Number(value.toPrecision(3)));
}

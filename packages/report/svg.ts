/**
 * Plots as plain SVG, each with its data in a table next to it.
 *
 * @module
 */

import { count, significant } from "./format.ts";
import { type Fragment, html, type Markup } from "./html.ts";

/** Width of a plot, in its own units; the page scales it. */
export const WIDTH = 560;
/** Height of a plot, in the same units. */
export const HEIGHT = 220;
/** What is left around the drawing for its axes. */
export const MARGIN = { left: 48, right: 8, top: 8, bottom: 40 };

/** Sizes of a plot. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly margin: typeof MARGIN;
}

const FRAME: Frame = { width: WIDTH, height: HEIGHT, margin: MARGIN };

/** One row of {@linkcode barTable}. */
export interface BarRow {
  readonly label: Fragment;
  /** Lengths of the parts of the bar, not negative; classes colour them. */
  readonly parts: readonly { readonly value: number; readonly className: string }[];
  /** The figures behind the bar, one per further column. */
  readonly cells: readonly Fragment[];
}

/**
 * Bars inside a table: the plot and its data are one thing.
 *
 * @param headings For the label, the bar (often empty) and each cell.
 */
export function barTable(
  caption: string,
  headings: readonly string[],
  rows: readonly BarRow[],
): Markup {
  const total = (row: BarRow) => row.parts.reduce((sum, { value }) => sum + value, 0);
  const most = rows.reduce((max, row) => Math.max(max, total(row)), 0) || 1;
  return html`
    <div class="scroll">
      <table class="bars">
        <caption>${caption}</caption>
        <thead>
          <tr>${headings.map((heading, i) =>
            i === 1
              ? html`<th class="bar"><span class="unseen">${heading}</span>`
              : html`<th>${heading}`
          )}</tr>
        </thead>
        <tbody>${rows.map((row) =>
          html`
            <tr>
              <th scope="row">${row.label}<td class="bar">${bar(row, most)}${row.cells.map((cell) =>
                html`<td>${cell}`
              )}</tr>
          `
        )}</tbody>
      </table>
    </div>
  `;
}

function bar({ parts }: BarRow, most: number): Markup {
  let x = 0;
  const rectangles = parts.map(({ value, className }) => {
    const width = (100 * value) / most;
    x += width;
    return html`
      <rect class="${className}" x="${fixed(x - width)}" width="${fixed(width)}" height="1" />
    `;
  });
  return html`
    <svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
      ${rectangles}
    </svg>
  `;
}

/** Axes of a plot. */
export interface PlotText {
  readonly title: string;
  readonly x: string;
  readonly y: string;
}

/**
 * Columns over a continuous or counted axis.
 *
 * @param columns Value and the label of each; at most some 40, labels are thinned out to fit.
 */
export function histogram(
  text: PlotText,
  columns: readonly { readonly label: string; readonly value: number }[],
): Markup {
  const most = columns.reduce((max, { value }) => Math.max(max, value), 0);
  const scale = scaleTo(most);
  const step = (WIDTH - MARGIN.left - MARGIN.right) / Math.max(1, columns.length);
  const every = Math.ceil(columns.length / 11);
  const shapes = columns.map(({ label, value }, i) => {
    const x = MARGIN.left + i * step;
    const y = scale.y(value);
    return html`
      <rect class="fill" x="${fixed(x + step * 0.08)}" y="${fixed(y)}" width="${fixed(
        step * 0.84,
      )}" height="${fixed(scale.y(0) - y)}">
        <title>${label}: ${count(value)}</title>
      </rect>${i % every === 0 &&
        html`<text class="tick" x="${fixed(x + step / 2)}" y="${HEIGHT - 22}">${label}</text>`}
    `;
  });
  const rows = columns.map(({ label, value }) =>
    html`
      <tr>
        <td>${label}<td>${count(value)}</tr>
    `
  );
  return plot(text, html`${axis(scale)}${shapes}`, [text.x, text.y], rows);
}

/** One line of {@linkcode lines}: a mean with the range around it. */
export interface Point {
  readonly x: number;
  readonly mean: number;
  readonly least: number;
  readonly most: number;
}

/** A line of means inside the band from least to most. */
export function bandPlot(text: PlotText, points: readonly Point[]): Markup {
  const scale = scaleTo(points.reduce((max, point) => Math.max(max, point.most), 0));
  const span = (WIDTH - MARGIN.left - MARGIN.right - 40) / Math.max(1, points.length - 1);
  const at = (i: number, value: number) =>
    `${fixed(MARGIN.left + 20 + i * span)},${fixed(scale.y(value))}`;
  const band = [
    ...points.map((point, i) => at(i, point.most)),
    ...points.map((point, i) => at(i, point.least)).reverse(),
  ];
  const shapes = html`
    <polygon class="band" points="${band.join(" ")}" /><polyline class="line"
      points="${points.map((point, i) => at(i, point.mean)).join(" ")}" />${points.map(
        (point, i) => {
          const [x, y] = at(i, point.mean).split(",");
          return html`
            <circle class="fill" cx="${x}" cy="${y}" r="3.5" />
            <text class="tick" x="${x}" y="${HEIGHT - 22}">${point.x}</text>
          `;
        },
      )}
  `;
  const rows = points.map(({ x, mean, least, most }) =>
    html`
      <tr>
        <td>${x}<td>${mean.toFixed(4)}<td>${least.toFixed(4)}<td>${most.toFixed(4)}</tr>
    `
  );
  return plot(text, html`${axis(scale)}${shapes}`, [text.x, "mean", "least", "most"], rows);
}

/** A drawing with its title and axes, and its data as a table behind a fold. */
export function plot(
  { title, x, y }: PlotText,
  shapes: Markup,
  headings: readonly string[],
  rows: readonly Markup[],
): Markup {
  const middle = (MARGIN.left + WIDTH) / 2;
  return html`
    <figure class="plot">
      <figcaption>${title}</figcaption>
      <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img"
        aria-label="${title}: ${y} by ${x}; the data follow as a table">
        ${shapes}<text class="tick" x="${middle}" y="${HEIGHT - 4}">${x}</text>
      </svg>
      <details>
        <summary>Data</summary>
        <table>
          <thead>
            <tr>${headings.map((heading) => html`<th>${heading}`)}</tr>
          </thead>
          <tbody>${rows}</tbody>
        </table>
      </details>
    </figure>
  `;
}

/** A vertical scale. */
export interface Scale {
  readonly ticks: readonly number[];
  /** Vertical position of a value. */
  y(value: number): number;
}

/** A linear scale from 0 with three to six ticks at 1, 2 or 5 times a power of ten. */
export function scaleTo(most: number, { height, margin }: Frame = FRAME): Scale {
  const step = tickStep(most || 1);
  const steps = Math.ceil((most || 1) / step);
  const ticks = Array.from({ length: steps + 1 }, (_, i) => i * step);
  const depth = height - margin.top - margin.bottom;
  return { ticks, y: (value) => margin.top + depth * (1 - value / (steps * step)) };
}

/** 1, 2 or 5 times a power of ten, of which a span holds two to four. */
export function tickStep(span: number): number {
  const rough = span / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
}

/** Rules and labels of a scale. */
export function axis(scale: Scale, { width, margin }: Frame = FRAME): Markup[] {
  return scale.ticks.map((tick) =>
    html`
      <path class="rule" d="M${margin.left} ${fixed(scale.y(tick))}H${width - margin.right}" />
      <text class="tick y" x="${margin.left - 8}" y="${fixed(scale.y(tick) + 4)}">${significant(
        tick,
      )}</text>
    `
  );
}

/** A coordinate, to a hundredth of a unit. */
export function fixed(value: number): string {
  return String(Number(value.toFixed(2)));
}

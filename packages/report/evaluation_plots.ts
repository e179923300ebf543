/**
 * Plots that hold several results against each other; result i has the colour of class `s${i}`.
 *
 * @module
 */

import { html, type Markup } from "./html.ts";
import { axis, fixed, HEIGHT, MARGIN, plot, type PlotText, scaleTo, WIDTH } from "./svg.ts";

/** Colours that differ in lightness too; beyond them they come round again. */
const COLOURS = 6;

/** Values of one result; null where there is none. */
export interface Series {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

/** How a plot writes its numbers: `12.3`, in percent; a dash where there is none. */
export const inPercent = (value: number | null): string =>
  value === null ? "–" : (100 * value).toFixed(1);

/** The class that colours result i. */
export const seriesClass = (i: number): string => `s${i % COLOURS}`;

/** Which colour is whose; nothing for one result alone. */
export function legend(names: readonly string[]): Markup | false {
  return names.length > 1 && html`
    <p class="legend series">${names.map((name, i) =>
      html`
        <span class="${seriesClass(i)}"><bdi>${name}</bdi></span>
      `
    )}</p>
  `;
}

/**
 * One line a result over a common axis.
 *
 * @param labels One a value.
 * @param options How many values lie between two labels of the axis, and between two table rows.
 */
export function linePlot(
  text: PlotText,
  labels: readonly string[],
  series: readonly Series[],
  { ticksEvery = 1, tableEvery = 1 } = {},
): Markup {
  const scale = scaleTo(most(series));
  const span = (WIDTH - MARGIN.left - MARGIN.right - 24) / (labels.length - 1);
  const x = (i: number) => fixed(MARGIN.left + 12 + i * span);
  const lines = series.map(({ values }, i) => {
    const points = values.flatMap((value, at) =>
      value === null ? [] : [`${x(at)},${fixed(scale.y(100 * value))}`]
    );
    return html`<polyline class="line ${seriesClass(i)}" points="${points.join(" ")}" />`;
  });
  const ticks = labels.map((label, i) =>
    i % ticksEvery === 0 && html`<text class="tick" x="${x(i)}" y="${HEIGHT - 22}">${label}</text>`
  );
  const rows = labels.flatMap((label, i) => i % tableEvery === 0 ? [row(label, series, i)] : []);
  return plot(text, html`${axis(scale)}${ticks}${lines}`, headings(text, series), rows);
}

/** Bars side by side, one a result in each group. */
export function groupedBars(
  text: PlotText,
  groups: readonly string[],
  series: readonly Series[],
): Markup {
  const scale = scaleTo(most(series));
  const span = (WIDTH - MARGIN.left - MARGIN.right) / groups.length;
  const width = 0.72 * span / series.length;
  const bars = groups.map((group, g) =>
    series.map(({ name, values }, i) => {
      const value = values[g];
      const x = MARGIN.left + (g + 0.14) * span + i * width;
      const y = scale.y(100 * (value ?? 0));
      return value !== null && html`
        <rect class="${seriesClass(i)}" x="${fixed(x)}" y="${fixed(y)}" width="${fixed(
          0.94 * width,
        )}" height="${fixed(scale.y(0) - y)}">
          <title>${group}, ${name}: ${inPercent(value)}</title>
        </rect>
      `;
    })
  );
  const ticks = groups.map((group, g) =>
    html`<text class="tick" x="${fixed(MARGIN.left + (g + 0.5) * span)}" y="${
      HEIGHT - 22
    }">${group}</text>`
  );
  const rows = groups.map((group, g) => row(group, series, g));
  return plot(text, html`${axis(scale)}${bars}${ticks}`, headings(text, series), rows);
}

const most = (series: readonly Series[]): number =>
  100 * series.flatMap(({ values }) => values).reduce<number>((a, b) => Math.max(a, b ?? 0), 0);

const headings = ({ x, y }: PlotText, series: readonly Series[]): readonly string[] => [
  x,
  ...(series.length > 1 ? series.map(({ name }) => name) : [y]),
];

const row = (label: string, series: readonly Series[], i: number): Markup =>
  html`
    <tr>
      <td>${label}${series.map(({ values }) => html`<td>${inPercent(values[i])}`)}</tr>
  `;

/** Ratios to other libraries as a picture that stands alone, for light and for dark pages. */
import { html, type Markup, trusted } from "../../packages/report/html.ts";
import { axis, fixed, type Frame, type Scale } from "../../packages/report/svg.ts";
import type { Machine } from "./machine.ts";
import { machineLine, type Ratios } from "./table.ts";

const FRAME: Frame = {
  width: 860,
  height: 340,
  margin: { left: 48, right: 8, top: 64, bottom: 46 },
};
const TICKS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100];
/** Of the space of a workload, what its columns fill. */
const FILLED = 0.86;

/** Colours by the order of the libraries; a page's own style does not reach into an image. */
const STYLE = trusted(`
svg { font: 11px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
text { fill: #1c1b19; } .quiet, .tick { fill: #6a665f; } .title { font-size: 15px; font-weight: 650; }
.paper { fill: #fcfbf9; } .rule { stroke: #e4e0d9; } .one { stroke: #1c1b19; }
.middle { text-anchor: middle; } .y { text-anchor: end; } .value { font-size: 10px; text-anchor: middle; }
.s0 { fill: #2f63b4; } .s1 { fill: #c9651b; } .s2 { fill: #3f8f6b; } .s3 { fill: #a09c95; }
@media (prefers-color-scheme: dark) {
  text { fill: #eceae6; } .quiet, .tick { fill: #a09c95; }
  .paper { fill: #151515; } .rule { stroke: #333335; } .one { stroke: #eceae6; }
  .s0 { fill: #7ba9ee; } .s1 { fill: #eb9a58; } .s2 { fill: #6cc29a; } .s3 { fill: #77736c; }
}
`);

/** A logarithmic scale between two of its ticks that hold all values. */
function logScale(values: readonly number[], { height, margin }: Frame): Scale {
  const [least, most] = [Math.min(1, ...values), Math.max(1, ...values)];
  const from = TICKS.findLastIndex((tick) => tick <= least);
  const to = TICKS.findIndex((tick) => tick >= most);
  const ticks = TICKS.slice(Math.max(0, from), to < 0 ? TICKS.length : to + 1);
  const [low, high] = [ticks[0], ticks[ticks.length - 1]].map(Math.log);
  const depth = height - margin.top - margin.bottom;
  return { ticks, y: (value) => margin.top + depth * (high - Math.log(value)) / (high - low) };
}

/** How many times as long each library takes as we do: columns from 1 up, or down where less. */
export function ratioChart(results: readonly Ratios[], machine: Machine): string {
  const { width, height, margin } = FRAME;
  const names = [...results[0].ratios.keys()];
  const known = results.flatMap(({ ratios }) => [...ratios.values()].flatMap((r) => r ?? []));
  const scale = logScale(known, FRAME);
  const step = (width - margin.left - margin.right) / results.length;
  const clock = machine.software ? "CPU time" : "Time";
  const title = `${clock} of other libraries, in times of ours`;
  return html`
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img"
      aria-label="${title}; the data are in docs/benchmarks.md">
      <style>${STYLE}</style>
      <rect class="paper" width="${width}" height="${height}" rx="8" />
      <text class="title" x="16" y="25">${title}</text>
      <text class="quiet" x="${width - 16}" y="25" text-anchor="end">${machineLine(machine)}</text>
      ${names.map(legend)}${axis(scale, FRAME)}
      ${results.map((result, i) =>
        columns(result, names, margin.left + (i + 0.5) * step, step, scale)
      )}
      <path class="one" d="M${margin.left} ${fixed(scale.y(1))}H${width - margin.right}" />
    </svg>
  `.markup + "\n";
}

function legend(name: string, i: number): Markup {
  const x = 16 + 190 * i;
  return html`
    <rect class="s${i}" x="${x}" y="38" width="11" height="11" rx="2" />
    <text x="${x + 17}" y="48">${name}</text>
  `;
}

/** The columns of a workload around `middle`, each with its number, and its name below. */
function columns(
  { workload, ratios }: Ratios,
  names: readonly string[],
  middle: number,
  step: number,
  scale: Scale,
): Markup {
  const each = step * FILLED / names.length;
  const shapes = names.map((name, i) => {
    const ratio = ratios.get(name) ?? null;
    if (ratio === null) return null;
    const [x, y, one] = [middle + (i - names.length / 2) * each, scale.y(ratio), scale.y(1)];
    const label = ratio.toFixed(ratio >= 9.95 ? 0 : ratio >= 0.95 ? 1 : 2);
    const [top, depth] = [fixed(Math.min(y, one)), fixed(Math.abs(one - y))];
    const [left, across] = [fixed(x + 1), fixed(each - 2)];
    const labelY = fixed(ratio >= 1 ? y - 4 : y + 12);
    return html`
      <rect class="s${i}" x="${left}" y="${top}" width="${across}"
        height="${depth}" />
      <text class="value" x="${fixed(x + each / 2)}" y="${labelY}">${label}</text>
    `;
  });
  const [above, below] = twoLines(workload);
  const y = FRAME.height - 24;
  return html`
    ${shapes}<text class="middle" x="${fixed(middle)}" y="${y}">${above}</text>
    <text class="middle" x="${fixed(middle)}" y="${y + 14}">${below}</text>
  `;
}

/** A name in two lines, parted at the space closest to its middle. */
function twoLines(name: string): readonly [string, string] {
  const spaces = [...name.matchAll(/ /g)].map(({ index }) => index);
  if (spaces.length === 0) return [name, ""];
  const off = (at: number) => Math.abs(at - name.length / 2);
  const at = spaces.reduce((best, space) => off(space) < off(best) ? space : best, spaces[0]);
  return [name.slice(0, at), name.slice(at + 1)];
}

import type { Forecast, ModelFacts } from "./forecast.ts";
import { memoryText } from "./memory_budget.ts";
import { gridRange } from "./picture_sizes.ts";
import type { Plan } from "./plan.ts";
import { notPicturesLine } from "./summary.ts";

/** What a run would do, as lines. */
export function planLines(
  plan: Plan,
  { pictures, skipped, megapixels, models }: Pick<
    Forecast,
    "pictures" | "skipped" | "megapixels" | "models"
  >,
): string[] {
  const { inputs, rule, options, saliencyModel } = plan;
  const range = gridRange(pictures);
  const { length } = inputs.pictures;
  return rows([
    ["pictures", `${length} in ${inputs.base}, ${Number(megapixels.toPrecision(3))} megapixels`],
    ["", skipped > 0 ? `${skipped} cannot be used and would be skipped` : ""],
    ["", notPicturesLine(inputs.notPictures) ?? ""],
    ["resize", range ? `${rule}: ${sizes(range)} patches` : rule],
    ["models", `${modelText(models[0])}`],
    ["saliency", models[1] ? modelText(models[1]) : saliencyModel ? "the same" : "none"],
    [
      "options",
      Object.entries(options).map(([name, value]) => `${name} ${value}`).join(", "),
    ],
  ]);
}

/** What a run would take, as lines. */
export function forecastLines(plan: Plan, forecast: Forecast): string[] {
  return rows([
    ["memory", memoryWords(forecast)],
    ["time", timeWords(forecast)],
    ["disk", diskWords(plan, forecast)],
    ["into", plan.folder],
    [null, "nothing was computed or written (--dry-run)"],
  ]);
}

/** Aligned lines without the empty ones; null in place of a name is no column. */
export const rows = (lines: readonly (readonly [string | null, string])[]): string[] =>
  lines.filter(([, text]) => text !== "").map(([name, text]) =>
    name === null ? text : name.padEnd(10) + text
  );

function sizes({ fewest, most }: NonNullable<ReturnType<typeof gridRange>>): string {
  const [from, to] = [fewest.join(" × "), most.join(" × ")];
  return from === to ? from : `${from} to ${to}`;
}

const modelText = ({ name, title, terms, parameters, bytes }: ModelFacts): string =>
  `${name}: ${title}, ${(parameters / 1e6).toPrecision(3)} million parameters, ` +
  `${diskText(bytes)}${terms ? `; ${terms}` : ""}`;

function memoryWords({ peakBytes, weightsBytes, budgetBytes, batch, adapter }: Forecast): string {
  const budget = budgetBytes === Infinity
    ? "; how much the GPU has is not known, --memory sets a limit"
    : `; the budget is ${memoryText(budgetBytes)}`;
  const at = batch === 1 ? "one picture at a time" : `${batch} pictures at once`;
  return `${memoryText(peakBytes)} of GPU memory, ${memoryText(weightsBytes)} of it weights, ` +
    `${at}${adapter === null ? "" : budget}`;
}

function timeWords({ time, adapter }: Forecast): string {
  if (time === null) return adapter === null ? "cannot be told without a GPU adapter" : "none";
  const { flopsPerPicture, flopsPerSecond, otherSecondsPerPicture } = time;
  return `about ${duration(time.seconds)}: ${flops(flopsPerPicture)} a picture at ` +
    `${flops(flopsPerSecond)}/s measured on ${adapter}, and ` +
    `${otherSecondsPerPicture.toPrecision(2)} s a picture for what follows`;
}

/** Two digits: `9 s`, `35 min`, `13 h`, `4.2 days`. */
export function duration(seconds: number): string {
  const units = [["s", 1], ["min", 60], ["h", 3600], ["days", 86_400]] as const;
  const [unit, size] = units.findLast(([, size]) => seconds >= 2 * size) ?? units[0];
  return `${Number((seconds / size).toPrecision(2))} ${unit}`;
}

/** `21 GFLOP`, `1.4 TFLOP`. */
export function flops(value: number): string {
  const [unit, size] = value >= 1e12 ? ["TFLOP", 1e12] : ["GFLOP", 1e9];
  return `${Number((value / size).toPrecision(2))} ${unit}`;
}

function diskWords({ values }: Plan, { runBytes, stageBytes }: Forecast): string {
  const stages = stageBytes > 0 ? `, and ${diskText(stageBytes)} in ${values["save-stages"]}` : "";
  return `about ${diskText(runBytes)}${stages}`;
}

/** Decimal, as disks are sold: `850 kB`, `4.2 MB`, `1.5 GB`. */
export function diskText(bytes: number): string {
  const [unit, size] = bytes >= 1e9 ? ["GB", 1e9] : bytes >= 1e6 ? ["MB", 1e6] : ["kB", 1e3];
  return `${Number((bytes / size).toPrecision(2))} ${unit}`;
}

/** A training as text: while it runs, when it ends, and what it was good for. */
import { gainSentence, type GainSummary, type TrainingStep } from "@fiedler/report";
import { UNDEFINED_METRIC } from "@fiedler/coco";
import { seconds } from "./progress.ts";
import { plural } from "./summary.ts";
import { table } from "./table.ts";

/** Where a training stands. */
export interface TrainingState {
  /** Of the last step. */
  readonly terms: TrainingStep;
  /** Steps planned, over all rounds. */
  readonly steps: number;
  /** Views learnt from in a second; null before that can be told. */
  readonly viewsPerSecond: number | null;
  /** Seconds to the end; null before that can be told. */
  readonly secondsLeft: number | null;
}

/** `step 120 of 400 · loss 1.23 (cells 0.31, extent 0.42, pairs 0.20) · 4.1 views/s · 9 s left`. */
export function trainingLine(state: TrainingState): string {
  const { terms, steps, viewsPerSecond, secondsLeft } = state;
  const left = secondsLeft !== null && terms.step < steps && `${seconds(secondsLeft)} left`;
  const parts: readonly (string | false)[] = [
    `step ${terms.step} of ${steps}`,
    lossWords(terms),
    viewsPerSecond !== null && rateWords(viewsPerSecond),
    left,
  ];
  return parts.filter((part) => part !== false).join(" · ");
}

/** The loss and its terms; nothing where none was computed. */
function lossWords(terms: TrainingStep): string | false {
  const { total, category, maxProjection, meanProjection, pairwise, dice } = terms;
  const extent = maxProjection === null && meanProjection === null
    ? null
    : (maxProjection ?? 0) + (meanProjection ?? 0);
  const named: readonly (readonly [string, number | null])[] = [
    ["cells", category],
    ["extent", extent],
    ["pairs", pairwise],
    ["pixels", dice],
  ];
  const list = named.flatMap(([name, value]) => value === null ? [] : [`${name} ${short(value)}`]);
  if (total === null) return false;
  return `loss ${short(total)}${list.length > 0 ? ` (${list.join(", ")})` : ""}`;
}

function rateWords(viewsPerSecond: number): string {
  const [rate, unit] = viewsPerSecond >= 1 ? [viewsPerSecond, "s"] : [60 * viewsPerSecond, "min"];
  return `${rate.toFixed(rate >= 10 ? 0 : 1)} views/${unit}`;
}

/** As many digits as a line that is rewritten has use for: `0.042`, `0.31`, `1.23`, `41.2`. */
function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return size >= 0.1 || value === 0 ? value.toFixed(2) : value.toPrecision(2);
}

/** How a training ended. */
export interface TrainingEnd {
  /** Steps done and planned, over all rounds. */
  readonly stepsDone: number;
  readonly steps: number;
  /** Pictures and masks that were learnt from. */
  readonly pictures: number;
  readonly instances: number;
  /** Pictures that were not, and why. */
  readonly dropped: readonly { readonly reason: string; readonly pictures: number }[];
  /** Seconds over all sessions. */
  readonly seconds: number;
  /** Mean loss of the first and of the last steps; null without steps. */
  readonly loss: { readonly first: number; readonly last: number } | null;
  /** Files that were written: what each is, and its path. */
  readonly files: readonly (readonly [what: string, path: string])[];
}

/** The last words of a training. */
export function trainingEnd(end: TrainingEnd): string {
  const { stepsDone, steps, pictures, instances, dropped, loss, files } = end;
  const width = Math.max(0, ...files.map(([what]) => what.length));
  return [
    `${
      stepsDone < steps ? `${stepsDone} of ${plural(steps, "step")}` : plural(steps, "step")
    } on ` +
    `${plural(instances, "proposal")} in ${plural(pictures, "picture")}, ${seconds(end.seconds)}`,
    ...(loss ? [`loss ${short(loss.first)} at first, ${short(loss.last)} at last`] : []),
    ...dropped.map(({ reason, pictures }) => `${plural(pictures, "picture")} left out: ${reason}`),
    ...files.map(([what, path]) => `${what.padEnd(width)}  ${path}`),
  ].join("\n");
}

/** Means of the first and of the last twentieth of the steps, at least one; null without any. */
export function lossEnds(
  steps: readonly Pick<TrainingStep, "total">[],
): TrainingEnd["loss"] {
  const totals = steps.flatMap(({ total }) => total ?? []);
  if (totals.length === 0) return null;
  const part = Math.max(1, Math.floor(totals.length / 20));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / part;
  return { first: mean(totals.slice(0, part)), last: mean(totals.slice(-part)) };
}

const METRICS = ["AP50", "AP75", "AP", "AR1", "AR10", "AR100"];

/** Proposals against the segmenter trained on them: six metrics in percent, and the verdict. */
export function gainTable(gain: GainSummary): string {
  const { raw, trained } = gain;
  const row = (name: string, { metrics }: GainSummary["raw"]) => [
    name,
    ...METRICS.map((metric) => inPercent(metrics[metric])),
  ];
  return [
    `masks, all categories as one, in %: ${plural(gain.objects, "object")} in ` +
    plural(gain.pictures, gain.noun),
    "",
    table([["", ...METRICS], row("raw proposals", raw), row("trained segmenter", trained)]),
    "",
    gainSentence(gain),
  ].join("\n");
}

const inPercent = (value: number | undefined): string =>
  value === undefined || value === UNDEFINED_METRIC ? "–" : (100 * value).toFixed(1);

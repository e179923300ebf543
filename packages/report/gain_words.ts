/**
 * Whether training helped, in plain words: for the page and for the terminal.
 *
 * @module
 */

import { UNDEFINED_METRIC } from "@fiedler/coco";
import { plural, significant } from "./format.ts";
import type { GainNumbers, GainSummary } from "./training_input.ts";

/** Errors that a difference must exceed to count: two, of which chance alone exceeds one in 20. */
const ERRORS = 2;

/** How a metric went from proposals to the trained segmenter; values are shares, null unmeasured. */
export interface Change {
  readonly raw: number | null;
  readonly trained: number | null;
  /** Standard error of the difference; null where it was not measured. */
  readonly error: number | null;
  /** `unsure` when the difference is within its error, `unmeasured` when a value is missing. */
  readonly verdict: "rose" | "fell" | "same" | "unsure" | "unmeasured";
}

/** The change of one metric. */
export function changeOf(gain: GainSummary, name: string): Change {
  const [raw, trained] = [metric(gain.raw, name), metric(gain.trained, name)];
  const error = defined(gain.differenceErrors?.[name]);
  return { raw, trained, error, verdict: verdict(raw, trained, error) };
}

function verdict(
  raw: number | null,
  trained: number | null,
  error: number | null,
): Change["verdict"] {
  if (raw === null || trained === null) return "unmeasured";
  if (raw === trained) return "same";
  if (error !== null && Math.abs(trained - raw) <= ERRORS * error) return "unsure";
  return trained > raw ? "rose" : "fell";
}

/**
 * A sentence or two on whether training helped, by AP; a recall that went the other way is told.
 *
 * @example
 * ```ts
 * import { gainSentence } from "@fiedler/report";
 * import assert from "node:assert/strict";
 *
 * const numbers = (AP: number) => ({ metrics: { AP }, errors: null, detections: 9 });
 * const scenes = { noun: "scene", pictures: 2, objects: 5, examples: [] } as const;
 * const gain = { ...scenes, start: null, differenceErrors: null };
 * assert.equal(
 *   gainSentence({ ...gain, raw: numbers(0.05), trained: numbers(0.15) }),
 *   "On 2 scenes kept aside, training raised AP from 5.0 to 15.0: 3 times as much.",
 * );
 * ```
 */
export function gainSentence(gain: GainSummary): string {
  const change = changeOf(gain, "AP");
  const where = `On ${plural(gain.pictures, gain.noun)} kept aside, `;
  const [raw, trained] = [tenths(change.raw), tenths(change.trained)];
  const error = change.error === null ? "" : ` (difference ${difference(change)})`;
  switch (change.verdict) {
    case "rose":
      return `${where}training raised AP from ${raw} to ${trained}${error}` +
        `${timesWords(change)}.${startWords(gain)}${otherWay(gain, "fell")}`;
    case "fell":
      return `${where}training did not help: AP fell from ${raw} to ${trained}${error}.` +
        otherWay(gain, "rose");
    case "unsure":
      return `${where}AP went from ${raw} to ${trained}, a difference of ${difference(change)}: ` +
        `too small to say that training helped, or that it did not.`;
    case "same":
      return `${where}training changed nothing: AP is ${trained} before and after.`;
    case "unmeasured":
      return `${where}there was nothing to measure AP on.`;
  }
}

/** What a training began with has a part in what comes of it. */
const startWords = ({ start }: GainSummary): string =>
  start === null ? "" : ` It started from ${start}, a segmenter that had learnt before.`;

/** ` It finds fewer objects, though: …` when recall goes against precision. */
function otherWay(gain: GainSummary, against: Change["verdict"]): string {
  const name = "AR100";
  const recall = changeOf(gain, name);
  if (recall.verdict !== against) return "";
  const more = against === "rose" ? "more" : "fewer";
  return ` It finds ${more} of the objects, though: ${name} ${against} from ` +
    `${tenths(recall.raw)} to ${tenths(recall.trained)}.`;
}

function timesWords(change: Change): string {
  const factor = ratio(change);
  if (factor === null) return "";
  return factor >= 1.2 ? `: ${significant(factor)} times as much` : "";
}

/** Trained ÷ raw; null where there is nothing to divide by. */
export function ratio({ raw, trained }: Change): number | null {
  return raw === null || trained === null || raw === 0 ? null : trained / raw;
}

/** `+10.6 ± 0.9`, in percent. */
function difference({ raw, trained, error }: Change): string {
  const value = 100 * ((trained ?? 0) - (raw ?? 0));
  const sign = value < 0 ? "−" : "+";
  return `${sign}${Math.abs(value).toFixed(1)} ± ${(100 * (error ?? 0)).toFixed(1)}`;
}

/** A share in percent with one decimal; a dash for none. */
export function tenths(value: number | null): string {
  return value === null ? "–" : (100 * value).toFixed(1);
}

/** A metric; null where it is missing or undefined. */
export function metric({ metrics }: GainNumbers, name: string): number | null {
  return defined(metrics[name]);
}

/** The standard error of a metric; null where it was not measured. */
export function errorOf({ errors }: GainNumbers, name: string): number | null {
  return defined(errors?.[name]);
}

function defined(value: number | undefined): number | null {
  return value === undefined || value === UNDEFINED_METRIC ? null : value;
}

/**
 * What the sliders set, and how it is written into the page's address, so that a link keeps it.
 *
 * @module
 */
import { PRESETS, type ProposalOptions } from "@fiedler/pipeline";
import type { ModelFacts, StudioOptions } from "../studio.ts";

/** Name of a preset. */
export type Preset = keyof typeof PRESETS;

/** The number that a slider sets. */
export type SliderName =
  | "saliencyThreshold"
  | "nmsThreshold"
  | "minPatches"
  | "maxShare"
  | "shortSide";

/** How far a slider goes, and what it is called in an address. */
export interface Slider {
  readonly key: string;
  readonly least: number;
  readonly most: number;
  readonly step: number;
}

/** The sliders. Sides are in pixels; what of them is no whole patch is cropped. */
export const SLIDERS: Readonly<Record<SliderName, Slider>> = {
  saliencyThreshold: { key: "score", least: 0, most: 1, step: 0.01 },
  nmsThreshold: { key: "overlap", least: 0.1, most: 1, step: 0.01 },
  shortSide: { key: "side", least: 96, most: 640, step: 32 },
  minPatches: { key: "smallest", least: 0, most: 40, step: 1 },
  maxShare: { key: "largest", least: 0.1, most: 1, step: 0.01 },
};

/** Numbers of clusters that can be chosen. */
export const CLUSTERS: readonly number[] = [2, 3, 4, 5, 6, 7, 8];

/** How masks get from patches to pixels. */
export const OUTLINES: Readonly<Record<string, Pick<ProposalOptions, "upsample" | "crf">>> = {
  nearest: { upsample: "nearest", crf: false },
  soft: { upsample: "soft", crf: false },
  crf: { upsample: "nearest", crf: true },
};

/** Shorter side, in pixels, where an address names none. */
const SHORT_SIDE = 256;
/** The same on a software adapter: a fifth of the work. */
export const SOFTWARE_SIDE = 128;
/** In an address: no saliency. */
const NONE = "none";

/**
 * A preset's settings: as the command line has them, `practical` takes saliency from the model
 * itself, `paper` from another one.
 *
 * @param models At least one.
 */
export function presetSettings(preset: Preset, models: readonly ModelFacts[]): StudioOptions {
  const [first, second = first] = models;
  return {
    model: first.id,
    saliencyModel: preset === "paper" ? second.id : first.id,
    shortSide: SHORT_SIDE,
    proposals: PRESETS[preset],
  };
}

/** The preset whose proposals these are; null when something was changed. */
export function presetOf({ proposals }: StudioOptions): Preset | null {
  const text = JSON.stringify(proposals);
  return (Object.keys(PRESETS) as Preset[])
    .find((name) => JSON.stringify(PRESETS[name]) === text) ?? null;
}

/** The value of a slider. */
export function sliderValue(options: StudioOptions, name: SliderName): number {
  return name === "shortSide" ? options.shortSide : options.proposals[name];
}

/** Options with another value of a slider. */
export function withSlider(
  options: StudioOptions,
  name: SliderName,
  value: number,
): StudioOptions {
  if (name === "shortSide") return { ...options, shortSide: value };
  return { ...options, proposals: { ...options.proposals, [name]: value } };
}

/** Options with a number of clusters more, or less; the last one stays. */
export function withClusters(options: StudioOptions, k: number): StudioOptions {
  const { clusterCounts } = options.proposals;
  const without = clusterCounts.filter((other) => other !== k);
  const counts = without.length < clusterCounts.length
    ? without
    : [...clusterCounts, k].sort((a, b) => a - b);
  if (counts.length === 0) return options;
  return { ...options, proposals: { ...options.proposals, clusterCounts: counts } };
}

/** Which of {@linkcode OUTLINES} is on; the empty string for none of them. */
export function outlinesOf({ proposals: { upsample, crf } }: StudioOptions): string {
  return Object.keys(OUTLINES).find((name) =>
    OUTLINES[name].crf === crf && (crf || OUTLINES[name].upsample === upsample)
  ) ?? "";
}

/** The settings as the part of an address behind `#`: what differs from the preset alone. */
export function toHash(options: StudioOptions, models: readonly ModelFacts[]): string {
  const preset = nearestPreset(options);
  const base = presetSettings(preset, models);
  const out = new URLSearchParams();
  if (preset !== "practical") out.set("preset", preset);
  if (options.model !== base.model) out.set("model", options.model);
  if (options.saliencyModel !== base.saliencyModel) {
    out.set("saliency", options.saliencyModel ?? NONE);
  }
  const counts = options.proposals.clusterCounts.join("-");
  if (counts !== base.proposals.clusterCounts.join("-")) out.set("k", counts);
  for (const name of Object.keys(SLIDERS) as SliderName[]) {
    const value = sliderValue(options, name);
    if (value !== sliderValue(base, name)) out.set(SLIDERS[name].key, String(value));
  }
  const outlines = outlinesOf(options);
  if (outlines !== outlinesOf(base)) out.set("outlines", outlines);
  return out.toString();
}

/** The preset that the fewest changes lead from. */
function nearestPreset({ proposals }: StudioOptions): Preset {
  const changes = (preset: Preset) =>
    (Object.keys(proposals) as (keyof ProposalOptions)[])
      .filter((key) => JSON.stringify(proposals[key]) !== JSON.stringify(PRESETS[preset][key]))
      .length;
  return changes("paper") < changes("practical") ? "paper" : "practical";
}

/** Settings of an address, and what in it could not be taken, in words. */
export interface ReadHash {
  readonly options: StudioOptions;
  readonly refused: readonly string[];
}

/**
 * Reads what {@linkcode toHash} wrote, or somebody by hand.
 *
 * @param shortSide in pixels, where the address names none.
 */
export function fromHash(
  hash: string,
  models: readonly ModelFacts[],
  shortSide: number = SHORT_SIDE,
): ReadHash {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const refused: string[] = [];
  const refuse = (key: string, wanted: string) =>
    refused.push(`${key}=${given.get(key)}: must be ${wanted}`);
  const preset = given.get("preset") ?? "practical";
  if (!Object.hasOwn(PRESETS, preset)) refuse("preset", Object.keys(PRESETS).join(" or "));
  let options: StudioOptions = {
    ...presetSettings(Object.hasOwn(PRESETS, preset) ? preset as Preset : "practical", models),
    shortSide,
  };
  const ids = models.map(({ id }) => id);
  const take = (key: string, wanted: string, change: (value: string) => StudioOptions | null) => {
    const value = given.get(key);
    if (value === null) return;
    const changed = change(value);
    if (changed) options = changed;
    else refuse(key, wanted);
  };
  take("model", ids.join(", "), (id) => ids.includes(id) ? { ...options, model: id } : null);
  take("saliency", [...ids, NONE].join(", "), (id) => {
    if (id !== NONE && !ids.includes(id)) return null;
    return { ...options, saliencyModel: id === NONE ? null : id };
  });
  take("k", "numbers from 2 to 8, as in 2-3-4", (text) => withCounts(options, text));
  for (const name of Object.keys(SLIDERS) as SliderName[]) {
    const { key, least, most } = SLIDERS[name];
    take(key, `from ${least} to ${most}`, (text) => {
      const value = Number(text);
      const fits = text !== "" && value >= least && value <= most;
      const whole = Number.isInteger(SLIDERS[name].step);
      return fits && (!whole || Number.isInteger(value)) ? withSlider(options, name, value) : null;
    });
  }
  take(
    "outlines",
    Object.keys(OUTLINES).join(", "),
    (name) =>
      Object.hasOwn(OUTLINES, name)
        ? { ...options, proposals: { ...options.proposals, ...OUTLINES[name] } }
        : null,
  );
  return { options, refused };
}

function withCounts(options: StudioOptions, text: string): StudioOptions | null {
  const counts = [...new Set(text.split("-").map(Number))].sort((a, b) => a - b);
  if (!counts.every((k) => CLUSTERS.includes(k))) return null;
  return { ...options, proposals: { ...options.proposals, clusterCounts: counts } };
}

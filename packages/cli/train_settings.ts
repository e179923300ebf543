import type { SegmenterConfig } from "@fiedler/segmenter";
import { TINY_TRAINING, type TrainSettings, type ZoomSettings } from "@fiedler/train";
import { usage } from "./args.ts";
import type { Identity } from "./identity.ts";
import type { RunFile } from "./run_file.ts";
import { TRAIN_FLAGS, type TrainValues } from "./train_flags.ts";
import { TRAIN_DEFAULTS, type TrainPreset } from "./train_presets.ts";

/**
 * What trains, and how: the preset, with what was given over it.
 *
 * @throws {CliError} exit 2: levels or settings that do not go together.
 */
export function trainSettings(
  values: TrainValues,
  preset: TrainPreset,
): { readonly segmenter: SegmenterConfig; readonly training: TrainSettings } {
  const segmenter = segmenterOf(values, preset);
  const [levels, ranges] = [segmenter.heads.grids.length, segmenter.scaleRanges.length];
  if (levels !== ranges) {
    const what = `each level needs a grid and a range, got ${levels} grids and ${ranges} ranges`;
    throw usage(what, "--grids, --scale-ranges", "give both, with as many items");
  }
  const training = trainingOf(values, preset);
  if (training.views.zoom && training.loss.pairwise > 0) {
    const what = "colours are not compared in zoomed views";
    throw usage(what, "--pairwise-loss, --zoom", "set one of the two to 0");
  }
  return { segmenter, training };
}

function segmenterOf(values: TrainValues, preset: TrainPreset): SegmenterConfig {
  const { segmenter: base } = TRAIN_DEFAULTS[preset];
  const { heads } = base;
  return {
    ...base,
    heads: {
      ...heads,
      grids: values.grids?.split(",").map(Number) ?? heads.grids,
      channels: values.channels ?? heads.channels,
      width: values.width ?? heads.width,
      convs: values.convs ?? heads.convs,
      groups: values.groups ?? heads.groups,
      maskWidth: values["mask-width"] ?? heads.maskWidth,
      maskChannels: values["mask-channels"] ?? heads.maskChannels,
    },
    scaleRanges: values["scale-ranges"]?.split(",").map(rangeOf) ?? base.scaleRanges,
    smooth: values.grids === undefined
      ? base.smooth
      : values.grids.split(",").map((_, i) => base.smooth[i] ?? true),
    shortSide: values["short-side"]?.at(-1) ?? base.shortSide,
    longest: values.longest ?? base.longest,
  };
}

function rangeOf(text: string): readonly [least: number, largest: number] {
  const [least, largest] = text.split("-").map(Number);
  return [least, largest];
}

function trainingOf(values: TrainValues, preset: TrainPreset): TrainSettings {
  const { training: base } = TRAIN_DEFAULTS[preset];
  const { views, loss, optimiser } = base;
  const batch = values.batch ?? base.batch;
  return {
    steps: values.steps ?? base.steps,
    batch,
    together: values.together ?? base.together,
    seed: values.seed ?? base.seed,
    views: {
      shortSides: values["short-side"] ?? views.shortSides,
      longest: values.longest ?? views.longest,
      flip: values.flip ?? views.flip,
      zoom: zoomOf(values.zoom, views.zoom),
      strong: values.views ? values.views === "strong" : views.strong,
      copyPaste: values["copy-paste"] ? values["copy-paste"] === "on" : views.copyPaste,
      bottomRows: values["bottom-rows"] ?? views.bottomRows,
    },
    loss: {
      category: values["category-loss"] ?? loss.category,
      maxProjection: values["max-loss"] ?? loss.maxProjection,
      meanProjection: values["mean-loss"] ?? loss.meanProjection,
      pairwise: values["pairwise-loss"] ?? loss.pairwise,
      pairwiseWarmUp: values["pairwise-warm-up"] ?? loss.pairwiseWarmUp,
      similarity: values.similarity ?? loss.similarity,
      dice: values["dice-loss"] ?? loss.dice,
    },
    optimiser: {
      ...optimiser,
      kind: values.optimiser ?? optimiser.kind,
      rate: values.rate ?? optimiser.rate,
      momentum: values.momentum ?? optimiser.momentum,
      weightDecay: values["weight-decay"] ?? optimiser.weightDecay,
      warmUp: values["warm-up"] ?? optimiser.warmUp,
      decay: values.decay ?? optimiser.decay,
      clip: values.clip === undefined ? optimiser.clip : values.clip || null,
    },
  };
}

/** How far views are zoomed where no preset says it. */
const ZOOM = TINY_TRAINING.views.zoom!;

function zoomOf(probability: number | undefined, preset: ZoomSettings | null): ZoomSettings | null {
  if (probability === undefined) return preset;
  return probability === 0 ? null : { ...(preset ?? ZOOM), probability };
}

/** Everything that decides the weights, by flag name where there is one. */
export function settingsIdentity(
  { segmenter, training }: ReturnType<typeof trainSettings>,
): Identity {
  const { heads, scaleRanges, features } = segmenter;
  const { views, loss, optimiser } = training;
  return {
    steps: training.steps,
    batch: training.batch,
    together: training.together,
    seed: training.seed,
    optimiser: optimiser.kind,
    rate: optimiser.rate,
    momentum: optimiser.momentum,
    "weight-decay": optimiser.weightDecay,
    "warm-up": optimiser.warmUp,
    decay: optimiser.decay,
    clip: optimiser.clip ?? 0,
    "category-loss": loss.category,
    "max-loss": loss.maxProjection,
    "mean-loss": loss.meanProjection,
    "pairwise-loss": loss.pairwise,
    "pairwise-warm-up": loss.pairwiseWarmUp,
    similarity: loss.similarity,
    "dice-loss": loss.dice,
    views: views.strong ? "strong" : "weak",
    "copy-paste": views.copyPaste ? "on" : "off",
    flip: views.flip,
    zoom: views.zoom?.probability ?? 0,
    "short-side": views.shortSides,
    longest: views.longest,
    "bottom-rows": views.bottomRows,
    grids: heads.grids,
    "scale-ranges": scaleRanges.map((range) => range.join("-")).join(","),
    channels: heads.channels,
    width: heads.width,
    convs: heads.convs,
    groups: heads.groups,
    "mask-width": heads.maskWidth,
    "mask-channels": heads.maskChannels,
    features: `${features.facet} of block ${features.layer}`,
  };
}

/** The options in effect, with the source of each, for `train.json` and the report. */
export function reportedSettings(identity: Identity, preset: TrainPreset): RunFile["options"] {
  const flags: Readonly<Record<string, { readonly source: string | null }>> = TRAIN_FLAGS;
  const shown = Object.keys(identity).filter((name) => name in flags && name !== "preset");
  return [
    { name: "preset", value: preset, source: flags.preset.source },
    ...shown.map((name) => ({ name, value: identity[name], source: flags[name].source })),
  ];
}

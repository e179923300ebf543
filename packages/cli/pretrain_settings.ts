import type { VitConfig } from "@fiedler/models";
import {
  type CropSettings,
  DINO_TINY,
  type DinoSettings,
  MAE_TINY,
  type MaeSettings,
  patchMasks,
  type PretrainSettings,
} from "@fiedler/pretrain";
import { usage } from "./args.ts";
import type { Identity } from "./identity.ts";
import {
  FLAGS_OF,
  type ObjectiveName,
  PRETRAIN_FLAGS,
  type PretrainValues,
} from "./pretrain_flags.ts";
import type { RunFile } from "./run_file.ts";

/** Flags that a start decides. */
const ENCODER = ["dim", "depth", "heads", "patch", "amplitude"] as const;

/**
 * What trains, and how: the preset, with what was given over it.
 *
 * @param start the encoder to start from; null for a new one.
 * @throws {CliError} exit 2: flags of the other objective, or settings that do not go together.
 */
export function pretrainSettings(
  objective: ObjectiveName,
  values: PretrainValues,
  start: VitConfig | null,
): PretrainSettings {
  const foreign = FLAGS_OF[objective === "mae" ? "dino" : "mae"]
    .filter((name) => values[name] !== undefined);
  if (foreign.length > 0) {
    const where = foreign.map((name) => `--${name}`).join(", ");
    throw usage(`this means nothing to ${objective}`, where, "leave it out");
  }
  const given = ENCODER.filter((name) => values[name] !== undefined);
  if (start && given.length > 0) {
    const where = given.map((name) => `--${name}`).join(", ");
    throw usage("the encoder is that of --start", where, "leave it out, or --start");
  }
  const settings = objective === "mae" ? maeSettings(values, start) : dinoSettings(values, start);
  expectSizes(settings);
  return settings;
}

function maeSettings(values: PretrainValues, start: VitConfig | null): MaeSettings {
  const { model, crops, maskRatio } = MAE_TINY;
  const { decoder } = model;
  return {
    ...MAE_TINY,
    ...courseOf(values, MAE_TINY),
    model: {
      encoder: start ?? encoderOf(values, model.encoder),
      decoder: {
        dim: values["decoder-dim"] ?? decoder.dim,
        depth: values["decoder-depth"] ?? decoder.depth,
        heads: values["decoder-heads"] ?? decoder.heads,
      },
      varianceFloor: values["variance-floor"] ?? model.varianceFloor,
    },
    maskRatio: values["mask-ratio"] ?? maskRatio,
    crops: crops.map((crop) => cropOf(values, crop)),
  };
}

function dinoSettings(values: PretrainValues, start: VitConfig | null): DinoSettings {
  const { model, crops, localCrops } = DINO_TINY;
  const { head } = model;
  const [first, last] = values["teacher-temperature"]?.split(",").map(Number) ??
    model.teacherTemperature;
  const local = { ...localCrops[0], size: values["local-crop"] ?? localCrops[0].size };
  return {
    ...DINO_TINY,
    ...courseOf(values, DINO_TINY),
    model: {
      encoder: start ?? encoderOf(values, model.encoder),
      head: {
        hidden: values.hidden ?? head.hidden,
        bottleneck: values.bottleneck ?? head.bottleneck,
        prototypes: values.prototypes ?? head.prototypes,
      },
      studentTemperature: values["student-temperature"] ?? model.studentTemperature,
      teacherTemperature: [first, last],
      teacherKeep: values["teacher-keep"] ?? model.teacherKeep,
      frozenPrototypes: values["frozen-prototypes"] ?? model.frozenPrototypes,
    },
    crops: crops.map((crop) => cropOf(values, crop)),
    localCrops: Array(values["local-crops"] ?? localCrops.length).fill(local),
  };
}

function courseOf(values: PretrainValues, { steps, batch, seed, optimiser }: PretrainSettings) {
  return {
    steps: values.steps ?? steps,
    batch: values.batch ?? batch,
    seed: values.seed ?? seed,
    optimiser: {
      ...optimiser,
      rate: values.rate ?? optimiser.rate,
      warmUp: values["warm-up"] ?? optimiser.warmUp,
      weightDecay: values["weight-decay"] ?? optimiser.weightDecay,
      clip: values.clip ?? optimiser.clip,
    },
  };
}

function encoderOf(values: PretrainValues, base: VitConfig): VitConfig {
  const { positions } = base;
  return {
    ...base,
    dim: values.dim ?? base.dim,
    depth: values.depth ?? base.depth,
    heads: values.heads ?? base.heads,
    patch: values.patch ?? base.patch,
    positions: positions.kind === "span"
      ? { ...positions, amplitude: values.amplitude ?? positions.amplitude }
      : positions,
  };
}

const cropOf = (values: PretrainValues, crop: CropSettings): CropSettings => ({
  ...crop,
  size: values.crop ?? crop.size,
  area: [values["least-area"] ?? crop.area[0], crop.area[1]],
});

/** @throws {CliError} exit 2 for sizes that no network can have. */
function expectSizes(settings: PretrainSettings): void {
  const { model: { encoder }, crops } = settings;
  if (crops[0].area[0] === 0) {
    throw usage("the least share of a picture must be above 0", "--least-area", "give 0.35, say");
  }
  expectHeads("--dim, --heads", encoder);
  expectMultiple("--patch", encoder.patch, 2);
  expectMultiple("--crop", crops[0].size, encoder.patch, "a crop must be whole patches");
  if (settings.kind === "mae") {
    expectHeads("--decoder-dim, --decoder-heads", settings.model.decoder);
    expectMasks(settings);
    return;
  }
  const { localCrops, model: { head } } = settings;
  for (const { size } of localCrops.slice(0, 1)) {
    expectMultiple("--local-crop", size, encoder.patch, "a crop must be whole patches");
  }
  for (const name of ["prototypes", "hidden", "bottleneck"] as const) {
    expectMultiple(`--${name}`, head[name], 4);
  }
}

function expectMultiple(
  flag: string,
  value: number,
  of: number,
  what = "a size does not fit the kernels",
): void {
  if (value % of === 0) return;
  const advice = `give ${Math.ceil(value / of) * of}`;
  throw usage(`${what}: it must be a multiple of ${of}, got ${value}`, flag, advice);
}

function expectHeads(
  where: string,
  { dim, heads }: { readonly dim: number; readonly heads: number },
): void {
  if (dim % (4 * heads) === 0) return;
  throw usage(
    `a width must be a multiple of 4 times the heads, got ${dim} and ${heads} heads`,
    where,
    `give ${Math.ceil(dim / (4 * heads)) * 4 * heads} for the width`,
  );
}

/** @throws {CliError} exit 2 when nothing is hidden, or everything. */
function expectMasks({ crops: [{ size }], model: { encoder }, maskRatio: ratio }: MaeSettings) {
  const patches = (size / encoder.patch) ** 2;
  try {
    patchMasks({ images: 1, patches, ratio, seed: 0, step: 1 });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw usage(error.message, `--mask-ratio ${ratio}`, "give another share, or larger crops");
  }
}

/** Everything that decides the weights but the pictures, by flag name where there is one. */
export function settingsIdentity(settings: PretrainSettings): Identity {
  const { steps, batch, seed, optimiser, crops, model: { encoder } } = settings;
  const { positions } = encoder;
  return {
    ...{ steps, batch, seed },
    rate: optimiser.rate,
    "warm-up": optimiser.warmUp,
    "weight-decay": optimiser.weightDecay,
    clip: optimiser.clip,
    dim: encoder.dim,
    depth: encoder.depth,
    heads: encoder.heads,
    patch: encoder.patch,
    amplitude: positions.kind === "span" ? positions.amplitude : "a table",
    crop: crops[0].size,
    "least-area": crops[0].area[0],
    ...(settings.kind === "mae" ? maeIdentity(settings) : dinoIdentity(settings)),
  };
}

const maeIdentity = ({ maskRatio, model: { decoder, varianceFloor } }: MaeSettings): Identity => ({
  "mask-ratio": maskRatio,
  "variance-floor": varianceFloor,
  "decoder-dim": decoder.dim,
  "decoder-depth": decoder.depth,
  "decoder-heads": decoder.heads,
});

function dinoIdentity({ localCrops, model }: DinoSettings): Identity {
  const { head } = model;
  return {
    "local-crops": localCrops.length,
    "local-crop": localCrops[0]?.size ?? 0,
    prototypes: head.prototypes,
    hidden: head.hidden,
    bottleneck: head.bottleneck,
    "student-temperature": model.studentTemperature,
    "teacher-temperature": model.teacherTemperature.join(","),
    "teacher-keep": model.teacherKeep,
    "frozen-prototypes": model.frozenPrototypes,
  };
}

/** The settings in effect, with the source of each, for `pretrain.json` and the report. */
export function reportedSettings(identity: Identity): RunFile["options"] {
  const flags: Readonly<Record<string, { readonly source: string | null }>> = PRETRAIN_FLAGS;
  return Object.keys(identity).filter((name) => name in flags)
    .map((name) => ({ name, value: identity[name], source: flags[name].source }));
}

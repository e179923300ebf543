import { openTensorFile } from "@fiedler/io";
import {
  type BackboneRecord,
  differencesOf,
  readSegmenterFile,
  type SegmenterConfig,
  type SegmenterRecord,
} from "@fiedler/segmenter";
import type { TrainSettings } from "@fiedler/train";
import { usage } from "./args.ts";
import type { Weights } from "./engine.ts";
import { FileSource } from "./file_source.ts";
import { hashFile } from "./hash_file.ts";
import type { Identity } from "./identity.ts";
import { join, SEGMENTERS } from "./paths.ts";
import { commandLine, runName } from "./plan.ts";
import type { TrainValues } from "./train_flags.ts";
import { TRAIN_DEFAULTS, type TrainPreset } from "./train_presets.ts";
import { settingsIdentity, trainSettings } from "./train_settings.ts";
import type { TrainingSet } from "./training_set.ts";
import { type KeepPicture, readTrainingSet } from "./training_source.ts";
import { VERSION } from "./version.ts";
import { findModel, isCentred, unusable } from "./weights.ts";

/** A training before it starts: everything that its command line decides. */
export interface TrainPlan {
  readonly commandLine: string;
  readonly folder: string;
  readonly values: TrainValues;
  readonly preset: TrainPreset;
  readonly segmenter: SegmenterConfig;
  /** Of each round. */
  readonly training: TrainSettings;
  readonly rounds: number;
  readonly backbone: Weights;
  /** The segmenter whose weights the first round starts from. */
  readonly start: { readonly path: string; readonly sha256: string } | null;
  /** What it learns from, as given, */
  readonly source: string;
  /** and what is there. */
  readonly data: TrainingSet;
  readonly identity: Identity;
}

/** What a command line leaves to who plans. */
export interface TrainPlanOptions {
  readonly values: TrainValues;
  readonly args: readonly string[];
  /** The folder, where neither --out nor --name decide. */
  readonly folder?: string;
  /** Pictures to learn from; the others are held out. Default: all. */
  readonly keep?: KeepPicture;
}

/**
 * Finds what to learn from, the backbone and the weights to start from, and says where results go.
 *
 * @throws {CliError} exit 2, 3 or 4.
 */
export async function planTraining(
  source: string,
  { values, args, folder, keep }: TrainPlanOptions,
): Promise<TrainPlan> {
  if (values.out !== undefined && values.name !== undefined) {
    throw usage("--out and --name exclude each other", "--out, --name", "give one of them");
  }
  const { preset, backbone } = await findBackbone(values);
  const settings = trainSettings(values, preset);
  const record = backboneRecord(backbone, values);
  const start = await findStart(segmenterPath(values.start), settings.segmenter, record);
  const data = await readTrainingSet(source, {
    images: values.images,
    like: values.like,
    leastScore: values["least-score"],
    mostPerPicture: values["most-per-picture"],
    skipMissing: values["skip-missing"],
    keep,
  });
  const name = `${values.name ?? runName([source], "")}-train`;
  return {
    commandLine: commandLine(args),
    folder: values.out ?? folder ?? join(values.project, name),
    values,
    preset,
    ...settings,
    rounds: values.rounds,
    backbone,
    start,
    source,
    data,
    identity: {
      version: VERSION,
      command: "train",
      preset,
      backbone: backbone.name,
      "backbone sha256": backbone.sha256,
      ...centreIdentity(values),
      "start sha256": start && start.sha256,
      pictures: data.summary.pictures,
      instances: data.summary.instances,
      "data sha256": data.digest,
      rounds: values.rounds,
      ...settingsIdentity(settings),
    },
  };
}

/** The file of a segmenter that comes with Fiedler, else the path itself. */
const segmenterPath = (nameOrFile: string | undefined): string | undefined =>
  nameOrFile !== undefined && Object.hasOwn(SEGMENTERS, nameOrFile)
    ? SEGMENTERS[nameOrFile]
    : nameOrFile;

/** The preset and its backbone; either decides the other where one is given alone. */
async function findBackbone(
  { preset, backbone }: TrainValues,
): Promise<{ preset: TrainPreset; backbone: Weights }> {
  const find = (nameOrFile: string) => findModel({ nameOrFile, flag: "backbone" });
  const given = backbone === undefined ? null : await find(backbone);
  const chosen = preset ?? (given === null || given.ours ? "tiny" : "reduced");
  return { preset: chosen, backbone: given ?? await find(TRAIN_DEFAULTS[chosen].backbone) };
}

/** `--center` where it does not go by the backbone, which the identity names already. */
export const centreIdentity = ({ center }: TrainValues): Identity =>
  center === "auto" ? {} : { center };

/** What a segmenter's file says of its backbone. */
const backboneRecord = (weights: Weights, { center }: TrainValues): BackboneRecord => {
  const { name, sha256, release, encoder, hints } = weights;
  const centred = isCentred(center, weights);
  return { name, sha256, release, encoder, heads: hints.heads ?? null, centred };
};

/** What the file of the segmenter says beside its weights; the same for the same training. */
export function segmenterRecord(
  { segmenter, backbone, values, identity }: TrainPlan,
): SegmenterRecord {
  return { config: segmenter, backbone: backboneRecord(backbone, values), training: identity };
}

/** @throws {CliError} exit 2 when it is another segmenter than the one that is to train. */
async function findStart(
  path: string | undefined,
  segmenter: SegmenterConfig,
  backbone: BackboneRecord,
): Promise<TrainPlan["start"]> {
  if (path === undefined) return null;
  const { config, backbone: of } = await readStart(path);
  const differences = [
    ...differencesOf(config, segmenter),
    ...of.sha256 === backbone.sha256 ? [] : [`backbone: ${of.name} and ${backbone.name}`],
    ...of.centred === backbone.centred
      ? []
      : [`less the features of grey: ${of.centred} and ${backbone.centred} (--center)`],
  ];
  if (differences.length > 0) {
    throw usage(
      "the segmenter to start from is another one, there and now:\n" +
        differences.map((line) => `  ${line}`).join("\n"),
      `--start ${path}`,
      "set the options to what it was trained with, or start from new weights",
    );
  }
  return { path, sha256: await hashFile(path) };
}

async function readStart(path: string) {
  try {
    using source = FileSource.open(path);
    return readSegmenterFile(await openTensorFile(source));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw usage("there is no such file", `--start ${path}`, "give a segmenter.safetensors");
    }
    throw unusable(path, error);
  }
}

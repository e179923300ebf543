import { usage } from "./args.ts";
import type { EngineSettings, ProposalOptions, Weights } from "./engine.ts";
import { PIPELINE_FLAGS, type PipelineValues } from "./flags.ts";
import type { ModelHints } from "@fiedler/models";
import type { Identity } from "./identity.ts";
import { findInputs, type Inputs, outputNames } from "./inputs.ts";
import { givenOnnxFlags, onnxOptions } from "./onnx_options.ts";
import { basename, extname, join, PHOTOS, resolve } from "./paths.ts";
import type { RunFile } from "./run_file.ts";
import { proposalOptions } from "./settings.ts";
import { VERSION } from "./version.ts";
import { findModel, resizeRule } from "./weights.ts";
import type { Course } from "./course.ts";
import { courseIdentity, planCourse } from "./course_plan.ts";
import { type Example, isScene, SCENE_RULE } from "./example.ts";

/** A run before it starts: everything that its command line decides. */
export interface Plan {
  readonly command: "pipeline" | "propose";
  readonly args: readonly string[];
  readonly commandLine: string;
  readonly folder: string;
  readonly values: PipelineValues;
  readonly inputs: Inputs;
  /** Output name of each picture. */
  readonly names: readonly string[];
  readonly model: Weights;
  readonly saliencyModel: Weights | null;
  readonly options: ProposalOptions;
  /** Resize rule, as `planSize` takes it. */
  readonly rule: string;
  /** What follows the proposals of `pipeline`; null for nothing. */
  readonly course: Course | null;
  readonly identity: Identity;
}

/** The resize rule of a picture: scenes of the example are enlarged by their own. */
export const ruleOf = ({ rule, course }: Plan, image: string): string =>
  course?.noun === "scene" && isScene(image) ? SCENE_RULE : rule;

/**
 * Finds pictures and weights, and says where results go.
 *
 * @param prepare makes the pictures of a pipeline without arguments, in a folder beside the run's.
 * @throws {CliError} exit 2 or 4.
 */
export async function planRun(
  command: "pipeline" | "propose",
  operands: readonly string[],
  values: PipelineValues,
  args: readonly string[],
  prepare?: (folder: string) => Promise<Example>,
): Promise<Plan> {
  if (values.out !== undefined && values.name !== undefined) {
    throw usage("--out and --name exclude each other", "--out, --name", "give one of them");
  }
  const options = proposalOptions(values);
  const trains = command === "pipeline" && values.segmenter !== "none";
  const onnx = onnxOptions(values);
  if (onnx && trains) {
    throw usage(
      "a segmenter is not trained on an ONNX graph",
      `--onnx-patch ${onnx.patch}`,
      "use propose, or pipeline with --segmenter none",
    );
  }
  const example = trains && operands.length === 0 && prepare
    ? await prepare(`${folderOf(values, exampleName(values))}-pictures`)
    : null;
  const inputs = example?.inputs ?? await photosOf(operands, values);
  const name = operands.length > 0 ? runName(operands, inputs.base) : exampleName(values);
  const folder = folderOf(values, name);
  const model = await findModel({
    ...{ nameOrFile: values.model, flag: "model", file: values.weights },
    hints: { ...resnetHints(values), encoder: values.encoder, heads: values.heads },
    onnx,
  });
  const saliencyModel = await findSaliencyModel(values, model);
  const rule = resizeRule(values.resize, model);
  const course = trains ? await planCourse(values, inputs, example) : null;
  return {
    command,
    args,
    commandLine: commandLine(args),
    folder,
    values,
    inputs,
    names: outputNames(inputs.pictures.map(({ image }) => image)),
    model,
    saliencyModel,
    options,
    rule,
    course,
    identity: {
      ...identityOf(command, values, options, model, saliencyModel, rule),
      ...courseIdentity(course),
    },
  };
}

const photosOf = async (
  operands: readonly string[],
  { recursive }: PipelineValues,
): Promise<Inputs> =>
  operands.length > 0
    ? await findInputs(operands, { recursive })
    : { ...await findInputs([PHOTOS], { recursive: false }), notPictures: [] };

/** The name of a run without arguments. */
const exampleName = ({ fast }: PipelineValues): string => fast ? "example-fast" : "example";

const folderOf = ({ out, project, name }: PipelineValues, fallback: string): string =>
  out ?? join(project, name ?? fallback);

/** What an engine is opened with, as far as the plan says. */
export const engineSettings = (
  { command, values, model, saliencyModel, options }: Plan,
): EngineSettings => ({
  model,
  saliencyModel,
  options,
  centre: values.center,
  profile: command === "pipeline" && values.profile,
  memory: values.memory,
  stages: values["save-stages"] !== undefined,
});

/** By default a ResNet's pictures are enlarged so that its grid is that of a ViT of patch 16. */
function resnetHints(values: PipelineValues): ModelHints {
  const dilate = values["dilate-layer4"];
  const factor = values.enlarge === "auto" ? (dilate ? 1 : 2) : Number(values.enlarge);
  return { dilate, enlarge: factor as 1 | 2 };
}

/** The second extractor: DINO as in the paper, or the first one again, at half the time. */
async function findSaliencyModel(values: PipelineValues, model: Weights): Promise<Weights | null> {
  const { saliency, preset, "saliency-weights": file } = values;
  if (saliency === "none") return null;
  if (file === undefined && saliency === values.model && values.weights === undefined) return model;
  const isDino = model.release === "dino";
  if (file === undefined && saliency === "auto" && (preset !== "paper" || isDino)) return model;
  const dino = model.ours ? "dino-tiny" : "dino-vitb16";
  return await findModel({
    ...{ nameOrFile: saliency === "auto" ? dino : saliency, flag: "saliency", file },
    hints: resnetHints(values),
  });
}

/** A command line as a shell would need it. */
export const commandLine = (args: readonly string[]): string =>
  ["fiedler", ...args].map(quoted).join(" ");

/** An argument as a shell would need it. */
const quoted = (arg: string): string =>
  /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;

/** The run is named as the folder, or the only picture, that it works on. */
export function runName(operands: readonly string[], base: string): string {
  if (operands.length > 1) return basename(base) || "photos";
  const path = resolve(operands[0]);
  return basename(path, path === base ? "" : extname(path)) || "photos";
}

function identityOf(
  command: string,
  values: PipelineValues,
  options: ProposalOptions,
  model: Weights,
  saliencyModel: Weights | null,
  rule: string,
): Identity {
  return {
    version: VERSION,
    command,
    model: model.name,
    "model sha256": model.sha256,
    ...networkOf(values, model),
    saliency: saliencyModel?.name ?? "none",
    "saliency sha256": saliencyModel?.sha256 ?? null,
    resize: rule,
    center: values.center,
    "max-pixels": values["max-pixels"],
    ...optionsOf(options),
    gallery: command === "pipeline" ? values.gallery : 0,
    overlays: command === "pipeline" && values.overlays,
    "save-stages": values["save-stages"] ?? null,
  };
}

/** Flags that change features; those of ResNets and of graphs only where there is one. */
function networkOf(values: PipelineValues, { encoder, hints }: Weights): Identity {
  return {
    ...givenOnnxFlags(values),
    encoder,
    heads: values.heads ?? null,
    "dilate-layer4": hints.dilate ?? false,
    enlarge: hints.enlarge ?? 1,
  };
}

/** Options by flag. A run of the time before `--split` has none: it is told where it is off. */
const optionsOf = (options: ProposalOptions): Identity =>
  Object.fromEntries(
    OPTION_NAMES.filter(([flag]) => flag !== "split" || !options.split)
      .map(([flag, option]) => [flag, options[option]]),
  );

/** Flag of each option of the proposal stage. */
const OPTION_NAMES = [
  ["facet", "facet"],
  ["layer", "layer"],
  ["k", "clusterCounts"],
  ["affinity", "affinity"],
  ["affinity-threshold", "affinityThreshold"],
  ["diagonal", "diagonal"],
  ["colour-weight", "colourWeight"],
  ["embedding", "embedding"],
  ["dss-vectors", "dssVectors"],
  ["labels", "labels"],
  ["restarts", "restarts"],
  ["seed", "seed"],
  ["split", "split"],
  ["connectivity", "connectivity"],
  ["min-patches", "minPatches"],
  ["max-share", "maxShare"],
  ["upsample", "upsample"],
  ["crf", "crf"],
  ["saliency-score", "saliencyScore"],
  ["saliency-threshold", "saliencyThreshold"],
  ["nms", "nmsThreshold"],
  ["nms-order", "nmsOrder"],
] as const;

/** What `run.json` says of the models; one entry where both are the same. */
export function weightsOf({ model, saliencyModel }: Plan): RunFile["weights"] {
  const models = saliencyModel && saliencyModel !== model ? [model, saliencyModel] : [model];
  return models.map(({ name, title, encoder, sha256, terms, notes }) => ({
    name,
    title: `${title}, encoder ${encoder}`,
    sha256,
    terms,
    notes,
  }));
}

/** The options in effect, with the source of each, for `run.json` and the report. */
export function reportedOptions({ identity, values, options }: Plan): RunFile["options"] {
  const sources: Readonly<Record<string, { readonly source: string | null }>> = PIPELINE_FLAGS;
  const decided: Identity = { ...identity, split: options.split };
  const shown = [
    "model",
    "saliency",
    "resize",
    "center",
    ...OPTION_NAMES.map(([flag]) => flag),
  ];
  return [
    { name: "preset", value: values.preset, source: sources.preset.source },
    ...shown.map((name) => ({ name, value: decided[name], source: sources[name].source })),
  ];
}

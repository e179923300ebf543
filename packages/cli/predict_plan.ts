import { usage } from "./args.ts";
import type { Identity } from "./identity.ts";
import { findInputs, type Inputs, outputNames } from "./inputs.ts";
import { join } from "./paths.ts";
import { commandLine, runName } from "./plan.ts";
import { PREDICT_FLAGS, type PredictValues } from "./predict_flags.ts";
import type { RunFile } from "./run_file.ts";
import { findSegmenter, type SegmenterWeights } from "./segmenter_weights.ts";
import { VERSION } from "./version.ts";

/** A prediction before it starts: everything that its command line decides. */
export interface PredictPlan {
  readonly commandLine: string;
  readonly folder: string;
  readonly values: PredictValues;
  readonly inputs: Inputs;
  /** Output name of each picture. */
  readonly names: readonly string[];
  readonly segmenter: SegmenterWeights;
  readonly shortSide: number;
  readonly longest: number;
  readonly identity: Identity;
}

/**
 * Finds pictures and the segmenter, and says where results go.
 *
 * @throws {CliError} exit 2 or 4.
 */
export async function planPrediction(
  operands: readonly string[],
  values: PredictValues,
  args: readonly string[],
): Promise<PredictPlan> {
  if (values.out !== undefined && values.name !== undefined) {
    throw usage("--out and --name exclude each other", "--out, --name", "give one of them");
  }
  const inputs = await findInputs(operands, { recursive: values.recursive });
  const name = values.name ?? `${runName(operands, inputs.base)}-predict`;
  return predictPlan({
    commandLine: commandLine(args),
    folder: values.out ?? join(values.project, name),
    values,
    inputs,
    segmenter: await findSegmenter(values.weights, values.backbone),
  });
}

/** The plan of pictures and a segmenter that are found. */
export function predictPlan(
  given: Pick<PredictPlan, "commandLine" | "folder" | "values" | "inputs" | "segmenter">,
): PredictPlan {
  const { values, inputs, segmenter } = given;
  const shortSide = values["short-side"] ?? segmenter.config.shortSide;
  const longest = Math.max(shortSide, values.longest ?? segmenter.config.longest);
  return {
    ...given,
    names: outputNames(inputs.pictures.map(({ image }) => image)),
    shortSide,
    longest,
    identity: {
      version: VERSION,
      command: "predict",
      segmenter: segmenter.name,
      "segmenter sha256": segmenter.sha256,
      "backbone sha256": segmenter.backbone?.sha256 ?? null,
      "short-side": shortSide,
      longest,
      ...Object.fromEntries(OPTIONS.map((name) => [name, values[name]])),
      overlays: values.overlays && values["overlay-score"],
    },
  };
}

/** Flags that decide what is found. */
const OPTIONS = [
  "class-score",
  "mask-threshold",
  "nms-kernel",
  "nms-sigma",
  "score",
  "most",
  "max-pixels",
] as const;

/** The options in effect, with the source of each, for `run.json`. */
export function predictOptions({ identity }: PredictPlan): RunFile["options"] {
  return (["short-side", "longest", ...OPTIONS] as const).map((name) => ({
    name,
    value: identity[name],
    source: PREDICT_FLAGS[name].source,
  }));
}

/**
 * The seam to the pipeline: what the commands need of it, and nothing else. Tests put a
 * stand-in behind the same interface.
 */
import type { AdapterReport, GpuOptions, KernelTime, Tuning } from "@fiedler/gpu";
import type { ModelHints, ReleaseId } from "@fiedler/models";
import type { OnnxOptions } from "@fiedler/onnx";
import type { PlannedPicture } from "./picture_sizes.ts";
import type { PreparedPicture, ProposalOptions, Proposals } from "@fiedler/pipeline";

export { checkOptions, PAPER, PRACTICAL, PRESETS } from "@fiedler/pipeline";
export type {
  PanelRecord,
  PictureRecord,
  PreparedPicture,
  ProposalOptions,
  Proposals,
  SkipRecord,
  StageArrays,
} from "@fiedler/pipeline";

/** A weights file in which a model was found. */
export interface Weights {
  /** `mae-tiny`, `dino-vitb16`, or the file's name. */
  readonly name: string;
  readonly path: string;
  readonly sha256: string;
  /** What the file leaves open and the command line says. */
  readonly hints: ModelHints;
  /** How it is run as a graph; undefined for models that are known. */
  readonly onnx?: OnnxOptions;
  /** Whose layout the file has. */
  readonly release: ReleaseId;
  /** The model in words, and which of the file's encoders it is. */
  readonly title: string;
  readonly encoder: string;
  /** What was guessed about the file, for people. */
  readonly notes: readonly string[];
  /** Terms of a published file; null for others. */
  readonly terms: string | null;
  /** Whether it is one of the two that come with Fiedler. */
  readonly embedded: boolean;
  /** Whether it is one of them, or an encoder of `pretrain` with positions as theirs. */
  readonly ours: boolean;
}

/** Whether the keys of a flat grey picture are subtracted. */
export type Centre = "auto" | "grey" | "none";

/** What an engine computes with. */
export interface EngineSettings {
  readonly model: Weights;
  readonly saliencyModel: Weights | null;
  readonly options: ProposalOptions;
  readonly centre: Centre;
  readonly profile: boolean;
  /** `--memory`. Default `auto`. */
  readonly memory?: string;
  /** Which forms kernels take. Default: those of the adapter's class. */
  readonly tuning?: GpuOptions["tuning"];
  /** The pictures as far as headers tell, asked for where memory is limited; all must fit. */
  readonly pictures?: (
    limits: { readonly patch: number; readonly maxPatches: number },
  ) => Promise<readonly PlannedPicture[]>;
  /** Whether arrays of every stage are asked for, which takes more memory. Default `false`. */
  readonly stages?: boolean;
}

/** The proposal stage on one GPU device. */
export interface Engine {
  readonly adapter: AdapterReport;
  readonly tuning: Tuning;
  /** Side of a patch in pixels. */
  readonly patch: number;
  /** Most patches a picture may have on this adapter. */
  readonly maxPatches: number;
  /** Most bytes of GPU memory so far. */
  readonly peakBytes: number;
  readonly kernelTimes: readonly KernelTime[];
  /** Results in the order of `pictures`; none depends on which others are in the list. */
  propose(
    pictures: readonly PreparedPicture[],
    options: { readonly stages: boolean },
  ): Promise<readonly Proposals[]>;
  close(): void;
}

/** Opens a device and loads the models on it. */
export type OpenEngine = (settings: EngineSettings) => Promise<Engine>;

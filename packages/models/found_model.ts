import type { Gpu } from "@fiedler/gpu";
import type { Backbone } from "./backbone.ts";
import type { Parameter } from "./checkpoints/keys.ts";
import type { ReleaseId } from "./checkpoints/release.ts";

/** What the names in a file leave open. All of it may stay away for published files. */
export interface ModelHints {
  /** Whose file it is, where the names leave a doubt. */
  readonly release?: ReleaseId;
  /** Which of several encoders: `teacher`, `momentum`, …, or the beginning of its names. */
  readonly encoder?: string;
  /** Attention heads of a block. Default: the metadata's, else heads of 64. */
  readonly heads?: number;
  /** Of a ResNet: dilation in place of the last stage's stride. Default `false`. */
  readonly dilate?: boolean;
  /** Of a ResNet: how many times the picture is enlarged first. Default 1. */
  readonly enlarge?: 1 | 2;
}

/** Options of {@linkcode FoundModel.load}. */
export interface LoadOptions {
  /** `zeros` uploads zeros without reading, to plan memory with. Default `file`. */
  readonly values?: "file" | "zeros";
  /**
   * Of a transformer: what its matrices are kept in. `f16` takes half the memory and half the bytes
   * a product reads of them; sums stay f32. A value is then off by at most 2⁻¹¹ of itself, one of a
   * file in half precision not at all. Biases, norms and the class token stay f32. Default `f32`.
   */
  readonly weights?: "f32" | "f16";
}

/** A model found in a checkpoint, of which only names and shapes have been read. */
export interface FoundModel {
  /** Whose layout its file has. */
  readonly release: ReleaseId;
  /** Which of the encoders that such a file may hold. */
  readonly encoder: string;
  /** For people: `DINO ViT-B/16 (teacher)`. */
  readonly title: string;
  /** Pixels that a feature stands for, as of its backbone. */
  readonly patch: number;
  /** Numbers a feature has. */
  readonly dim: number;
  /** What `layer` counts. */
  readonly depth: number;
  /** What was guessed, and what of the file was left aside; for people. */
  readonly notes: readonly string[];
  /** Which of the hints changed it: heads of a transformer, the others of a ResNet. */
  readonly applied: Pick<ModelHints, "heads" | "dilate" | "enlarge">;
  /** Every parameter under our name. */
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** What our own files say beside the parameters; not how a ResNet is applied to pictures. */
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * Reads the parameters onto the GPU.
   *
   * @throws {CheckpointError} when the file cannot be read; with `f16` for a value beyond ±65504,
   * and for a ResNet.
   */
  load(gpu: Gpu, options?: LoadOptions): Promise<Backbone>;
}

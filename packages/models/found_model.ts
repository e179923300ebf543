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
   * @param options `zeros` uploads zeros without reading, to plan memory with.
   */
  load(gpu: Gpu, options?: { readonly values?: "file" | "zeros" }): Promise<Backbone>;
}

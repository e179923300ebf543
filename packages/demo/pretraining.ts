/**
 * What a page can ask of the pretraining in its worker, and what it is told.
 *
 * @module
 */

/** How to pretrain in the page. */
export interface PretrainingOptions {
  /** It learns for so many milliseconds; pauses and preparations do not count. */
  readonly ms: number;
  /** Of the start, the scenes and what is hidden of them. */
  readonly seed: number;
  /** What differs from the course of the embedded model. Default: nothing. */
  readonly changes?: PretrainingChanges;
  /** Stops after the steps under way; what was learnt by then stays. */
  readonly signal?: AbortSignal;
  /** Told a few times a second. */
  readonly onProgress: (progress: PretrainingProgress) => void;
  /** Told what goes on before the first step: kernels are compiled, the adapter is measured. */
  readonly onPhase?: (words: string) => void;
}

/** A smaller network, or another rate: for tests, and for adapters that are slower than any clock. */
export interface PretrainingChanges {
  /** Width of the encoder's tokens; a multiple of 4 · heads. */
  readonly dim?: number;
  /** Blocks of the encoder. */
  readonly depth?: number;
  /** Attention heads of a block. */
  readonly heads?: number;
  /** Pixels a side of what is cut out of a scene; a multiple of a patch. */
  readonly crop?: number;
  /** Highest learning rate. */
  readonly rate?: number;
}

/** Where a pretraining stands. */
export interface PretrainingProgress {
  /** Steps since the last time, in order. After a lost device some come again. */
  readonly steps: readonly PretrainingStep[];
  /** Scenes of a step, after how long one takes here. */
  readonly batch: number;
  /** Milliseconds that are left. */
  readonly leftMs: number;
  /** All that are kept, oldest first. */
  readonly snapshots: readonly SnapshotFacts[];
}

/** One step of a pretraining. */
export interface PretrainingStep {
  /** From 1 on. */
  readonly step: number;
  /** Milliseconds of learning behind it. */
  readonly ms: number;
  /** Of the update. */
  readonly rate: number;
  /** Mean squared error of hidden patches, where 1 is that of guessing each patch's mean. */
  readonly loss: number;
}

/** The encoder as it was at some step. */
export interface SnapshotFacts {
  /** Names it; no other of this studio has the same. */
  readonly id: number;
  /** Steps behind it; 0 for random numbers. */
  readonly step: number;
  /** Milliseconds of learning behind it. */
  readonly ms: number;
  /** Mean of the last steps; null before the first. */
  readonly loss: number | null;
}

/** What a pretraining came to. The snapshots stay until the next one begins. */
export interface PretrainingResult {
  /** Steps that were done. */
  readonly steps: number;
  /** All that are kept, oldest first. */
  readonly snapshots: readonly SnapshotFacts[];
  /** Why it ended. */
  readonly ended: "time" | "stopped" | "diverged" | "lost";
  /** Of a loss that is no number, or a device that stays lost: what happened. */
  readonly words: string;
}

import type { AdapterReport } from "@fiedler/gpu";
import type { Identity } from "./identity.ts";
import type { TuningRecord } from "./tune_first_use.ts";

/** One process's work on a run. */
export interface Session {
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly exit: number | null;
  readonly adapter: AdapterReport;
  /** The forms that kernels took because they were faster; null for the defaults. */
  readonly tuning?: TuningRecord | null;
  readonly pictures: number;
  readonly wallMs: number;
  readonly stages: readonly { readonly name: string; readonly ms: number }[];
  readonly kernels: readonly {
    readonly name: string;
    readonly ms: number;
    readonly calls: number;
  }[];
  readonly peakGpuBytes: number;
}

/** `run.json`: what the run is and how it went. The only result file with times in it. */
export interface RunFile {
  readonly format: 1;
  readonly version: string;
  readonly title: string;
  readonly command: string;
  /** "proposed": all masks are there, and what a pipeline makes of them is not. */
  readonly status: "running" | "proposed" | "finished";
  /** What must be equal for a later session to go on. */
  readonly identity: Identity;
  /** Every flag's value. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly options: readonly {
    readonly name: string;
    readonly value: string | number | boolean | null | readonly (string | number)[];
    readonly source: string | null;
  }[];
  /** The models, their weights and the terms that those were published under. */
  readonly weights?: readonly {
    readonly name: string;
    readonly title: string;
    readonly sha256: string;
    readonly terms: string | null;
    readonly notes: readonly string[];
  }[];
  readonly inputs: {
    readonly base: string;
    readonly pictures: number;
    readonly notPictures: readonly string[];
  };
  readonly sessions: readonly Session[];
}

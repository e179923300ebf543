import type { GpuOptions, TuningTable } from "@fiedler/gpu";
import { keptTuning, tunedAtFirstUse } from "@fiedler/kernels";
import { Disk } from "./disk.ts";
import type { Output } from "./output.ts";
import { tuningStore } from "./tune_store.ts";

/** `--tune`: whether kernels take the forms that were measured on this adapter. */
export type TuneMode = "auto" | "off";

/** What a session records of the forms that its kernels took. */
export type TuningRecord = Pick<TuningTable, "measuredAt" | "clock" | "forms">;

/** What is recorded of a table; null for the defaults. */
export const tuningRecord = (table: TuningTable | null): TuningRecord | null =>
  table && { measuredAt: table.measuredAt, clock: table.clock, forms: table.forms };

/** What a command opens its device with: the cached forms, measured where there are none yet. */
export function tuningRule(
  mode: TuneMode,
  { out, disk }: { readonly out: Output; readonly disk: Disk },
): GpuOptions["tuning"] {
  if (mode === "off") return "off";
  return tunedAtFirstUse(tuningStore(disk), { note: (line) => out.note(`tuning    ${line}`) });
}

/** The cached forms alone, for what must neither write nor take time. */
export function keptTuningRule(mode: TuneMode): GpuOptions["tuning"] {
  if (mode === "off") return "off";
  const store = tuningStore(new Disk());
  return async (adapter) => await keptTuning(store, adapter) ?? "off";
}

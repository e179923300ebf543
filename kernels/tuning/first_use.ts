import {
  type AdapterReport,
  Gpu,
  GpuError,
  parseTuning,
  type TuningChoice,
  tuningKey,
  tuningName,
  type TuningStore,
  type TuningTable,
} from "@fiedler/gpu";
import { tune, type TuneOptions } from "./tune.ts";

/** Options of {@linkcode tunedAtFirstUse}. */
export interface FirstUseOptions extends TuneOptions {
  /** Told in a line what happens: that it measures now, or why a kept table cannot be used. */
  readonly note?: (line: string) => void;
}

/**
 * Finds the table of an adapter for {@linkcode Gpu.open}: the one that was kept, or else one that is
 * measured now, on a device of its own, and kept. Software adapters are not measured unasked: their
 * defaults were found on such adapters, and compiling alone would take longer than what is gained.
 *
 * Nothing of it fails: without a store that works, or when tuning does not, a note says so.
 */
export function tunedAtFirstUse(
  store: TuningStore,
  { note = () => {}, ...options }: FirstUseOptions = {},
): (adapter: AdapterReport) => Promise<TuningChoice> {
  return async (adapter) => {
    const kept = await keptTuning(store, adapter, note);
    if (kept) return kept;
    if (adapter.software) return "off";
    const { budgetMs = 2000 } = options;
    note(`tuning the kernels for ${adapter.description}, once, ${budgetMs / 1000} s at most`);
    const table = await measured({ ...options, budgetMs }, note);
    if (table) await keepTuning(store, table, note);
    return table ?? "off";
  };
}

/** The table that was kept for an adapter; null where there is none that can be used. */
export async function keptTuning(
  store: TuningStore,
  adapter: AdapterReport,
  note: (line: string) => void = () => {},
): Promise<TuningTable | null> {
  const key = tuningKey(adapter);
  const name = tuningName(key);
  try {
    const text = await store.read(name);
    if (text === null) return null;
    const table = parseTuning(text, key);
    if (typeof table !== "string") return table;
    note(`the kept tuning ${name} is ignored: ${table}`);
  } catch (error) {
    note(`the kept tuning ${name} cannot be read: ${(error as Error).message}`);
  }
  return null;
}

async function keepTuning(
  store: TuningStore,
  table: TuningTable,
  note: (line: string) => void,
): Promise<void> {
  try {
    await store.write(tuningName(table.key), `${JSON.stringify(table, null, 2)}\n`);
  } catch (error) {
    note(`the tuning is not kept: ${(error as Error).message}`);
  }
}

async function measured(
  options: TuneOptions,
  note: (line: string) => void,
): Promise<TuningTable | null> {
  let gpu: Gpu | null = null;
  try {
    gpu = await Gpu.open({ profile: true });
    return (await tune(gpu, options)).table;
  } catch (error) {
    if (!(error instanceof GpuError)) throw error;
    note(`tuning failed, the defaults are taken: ${error.message}`);
    return null;
  } finally {
    gpu?.close();
  }
}

import type { AdapterReport } from "./adapter.ts";

/**
 * Version of the kernels that tables are measured with. To be raised when a change of the kernels,
 * of their forms or of the shape classes makes earlier measurements worthless.
 */
export const TUNED_KERNELS = 4;

/** What a measurement holds for: the same adapter with the same features and kernels. */
export interface TuningKey {
  /** As {@linkcode AdapterReport.vendor}. */
  readonly vendor: string;
  /** As {@linkcode AdapterReport.architecture}. */
  readonly architecture: string;
  /** As {@linkcode AdapterReport.description}; with some drivers it names their version. */
  readonly description: string;
  /** As {@linkcode AdapterReport.subgroupSize}: decides which forms there are. */
  readonly subgroupSize: number | null;
  /** As {@linkcode AdapterReport.f16}. */
  readonly f16: boolean;
  /** {@linkcode TUNED_KERNELS} at the time. */
  readonly kernels: number;
}

/** A form of a kernel in plain words and numbers, as the family's own type describes it. */
export type TunedForm = Readonly<Record<string, string | number>>;

/** The best forms by family and shape class; what is not in it keeps its default. */
export type TunedForms = Readonly<Record<string, Readonly<Record<string, TunedForm>>>>;

/** What tuning found out about one adapter: plain JSON. */
export interface TuningTable {
  /** Of this interface. */
  readonly format: 1;
  /** What it holds for. */
  readonly key: TuningKey;
  /** When it was measured, ISO 8601. */
  readonly measuredAt: string;
  /** What the times were taken with. */
  readonly clock: "GPU timestamps" | "CPU time" | "wall time";
  /** Only forms that beat the default. */
  readonly forms: TunedForms;
}

/** The key of what would be measured on an adapter now. */
export function tuningKey(
  { vendor, architecture, description, subgroupSize, f16 }: AdapterReport,
): TuningKey {
  return { vendor, architecture, description, subgroupSize, f16, kernels: TUNED_KERNELS };
}

/** A short name of a key, fit for files: the adapter's words and a hash of all of it. */
export function tuningName(key: TuningKey): string {
  const text = keyText(key);
  let hash = 0x811c9dc5; // FNV-1a over UTF-16 units; the table itself says whose it is
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  }
  const words = key.description.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  return `${words.slice(0, 40) || "adapter"}-${hash.toString(16).padStart(8, "0")}`;
}

/** Which forms kernels take on a device: those of a table, or the defaults of its class. */
export class Tuning {
  /** What was measured; null for the defaults alone. */
  readonly table: TuningTable | null;

  /** Takes a table, or null for the defaults alone. */
  constructor(table: TuningTable | null) {
    this.table = table;
  }

  /**
   * The form that was found best, if there is one and it runs here.
   *
   * @param family such as `"matmul"`.
   * @param shapeClass such as `"large"`.
   * @param runnable lists the forms that can compute the case at hand.
   * @returns null where the default of the adapter's class is to be taken.
   */
  form<F extends object>(
    family: string,
    shapeClass: string,
    runnable: () => readonly F[],
  ): F | null {
    const wanted = this.table?.forms[family]?.[shapeClass];
    return wanted === undefined ? null : runnable().find((form) => sameForm(form, wanted)) ?? null;
  }
}

/** Whether two forms are the same, whatever the order of their properties. */
export function sameForm(a: object, b: object): boolean {
  const [left, right] = [Object.entries(a), new Map(Object.entries(b))];
  return left.length === right.size && left.every(([name, value]) => right.get(name) === value);
}

/**
 * Reads a table back.
 *
 * @returns the table, or in words why it cannot be used for this key.
 */
export function parseTuning(json: string, key: TuningKey): TuningTable | string {
  let table: unknown;
  try {
    table = JSON.parse(json);
  } catch {
    return "it is not JSON";
  }
  if (!isTable(table)) return "it is not a tuning table of format 1";
  if (keyText(table.key) !== keyText(key)) return "it was measured on something else";
  return table;
}

/** @throws {RangeError} for a table of another adapter or of other kernels. */
export function expectTuning(table: TuningTable, adapter: AdapterReport): TuningTable {
  const [needed, got] = [keyText(tuningKey(adapter)), keyText(table.key)];
  if (needed === got) return table;
  throw new RangeError(
    `Gpu: the tuning table must be of ${needed}, got one of ${got}; measure it again with tune()`,
  );
}

const keyText = (
  { vendor, architecture, description, subgroupSize, f16, kernels }: TuningKey,
): string => JSON.stringify([vendor, architecture, description, subgroupSize, f16, kernels]);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isForm = (value: unknown): boolean =>
  isRecord(value) &&
  Object.values(value).every((part) => typeof part === "string" || typeof part === "number");

const CLOCKS: readonly unknown[] = [
  "GPU timestamps",
  "CPU time",
  "wall time",
] satisfies TuningTable["clock"][];

function isTable(value: unknown): value is TuningTable {
  if (!isRecord(value) || value.format !== 1 || !isRecord(value.key)) return false;
  if (typeof value.measuredAt !== "string") return false;
  if (!CLOCKS.includes(value.clock)) return false;
  return isRecord(value.forms) &&
    Object.values(value.forms).every((family) =>
      isRecord(family) && Object.values(family).every(isForm)
    );
}

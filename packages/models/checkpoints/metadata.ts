import { CheckpointError } from "./errors.ts";

/** What a file of ours says beside its tensors. */
type Metadata = Readonly<Record<string, string>>;

/**
 * A number of the metadata.
 *
 * @throws {CheckpointError} when it is none, or missing without a fallback.
 */
export function numberOf(metadata: Metadata, key: string, fallback?: number): number {
  const value = key in metadata ? parseNumber(metadata[key]) : fallback;
  if (value === undefined || !Number.isFinite(value)) {
    throw new CheckpointError(
      `checkpoint: metadata "${key}" must be a number, got ${metadata[key]}`,
    );
  }
  return value;
}

/**
 * Three numbers of the metadata, as `r,g,b`.
 *
 * @throws {CheckpointError} when they are not.
 */
export function numbersOf(
  metadata: Metadata,
  key: string,
  fallback: readonly number[],
): readonly number[] {
  if (!(key in metadata)) return fallback;
  const values = metadata[key].split(",").map(parseNumber);
  if (values.length !== 3 || !values.every(Number.isFinite)) {
    throw new CheckpointError(
      `checkpoint: metadata "${key}" must be three numbers, got ${metadata[key]}`,
    );
  }
  return values;
}

/** NaN for blank text too, which `Number` takes for 0. */
const parseNumber = (text: string) => text.trim() === "" ? NaN : Number(text);

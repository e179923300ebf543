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

/** Three numbers of the metadata, as `r,g,b`. */
function numbersOf(
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

/** ImageNet's channel statistics, which all the published models use. */
export const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;

/**
 * Channel statistics of the input: `image_mean` and `image_std`, else ImageNet's.
 *
 * @throws {CheckpointError} when they are not three numbers, or a deviation is not above 0.
 */
export function statisticsOf(
  metadata: Metadata,
): { readonly mean: readonly number[]; readonly std: readonly number[] } {
  const std = numbersOf(metadata, "image_std", IMAGENET.std);
  if (!std.every((value) => value > 0)) {
    throw new CheckpointError(`checkpoint: metadata "image_std" must be above 0, got ${std}`);
  }
  return { mean: numbersOf(metadata, "image_mean", IMAGENET.mean), std };
}

/** NaN for blank text too, which `Number` takes for 0. */
const parseNumber = (text: string) => text.trim() === "" ? NaN : Number(text);

import { type Gpu, GpuMemoryError } from "@fiedler/gpu";
import {
  type FittedSizes,
  fittedSizes,
  predictBytes,
  type PredictOptions,
} from "@fiedler/segmenter";
import { CliError, EXIT } from "./exit.ts";
import { memoryText } from "./memory_budget.ts";
import { pictureSizes } from "./picture_sizes.ts";
import type { PredictPlan } from "./predict_plan.ts";
import type { LoadedSegmenter } from "./segmenter_weights.ts";
import { plural } from "./summary.ts";

/** Pictures that go through the network together where they fit. */
const TOGETHER = 4;
/**
 * Padded sizes of most pixels whose need is planned, unless the first leaves half of the budget. Need
 * does not quite grow with pixels: buffers come in size classes.
 */
const SIZES_CHECKED = 4;
/** Pixels between the shorter sides that are tried for advice. */
const STEP = 32;

/** A picture that will be looked at. */
interface Planned {
  readonly image: string;
  readonly sizes: FittedSizes;
}

/** How large pictures become. */
interface Resize {
  readonly shortSide: number;
  readonly longest: number;
}

/**
 * How many pictures go through a network together within the memory budget: from their headers, before
 * one of them is looked at.
 *
 * @param gpu with the segmenter on it.
 * @param indices of the pictures to come.
 * @throws {CliError} exit 7 with the need, the budget and what to lower, when one does not fit alone.
 */
export async function picturesTogether(
  gpu: Gpu,
  plan: PredictPlan,
  indices: readonly number[],
  { source, network }: LoadedSegmenter,
  options: PredictOptions,
): Promise<number> {
  const { budgetBytes, liveBytes } = gpu.memory;
  if (budgetBytes === Infinity) return TOGETHER;
  const originals = await readableSizes(plan, indices);
  const fitted = (resize: Resize): Planned[] =>
    originals.map(({ image, original }) => ({
      image,
      sizes: fittedSizes(original, { ...resize, multiple: network.multiple }),
    }));
  const bytesOf = async ({ sizes }: Planned, images: number): Promise<number> => {
    try {
      return liveBytes + await predictBytes(gpu, { network, source, sizes, images, ...options });
    } catch (error) {
      if (error instanceof GpuMemoryError) return Infinity;
      throw error;
    }
  };
  const most = async (resize: Resize) => await neediest(fitted(resize), bytesOf, budgetBytes);
  const largest = await most(plan);
  if (largest === null) return TOGETHER;
  if (largest.bytes > budgetBytes) {
    const fits = async (resize: Resize) => (await most(resize))!.bytes <= budgetBytes;
    throw tooLarge(plan, largest, budgetBytes, await smaller(plan, fits));
  }
  for (let images = Math.min(TOGETHER, originals.length); images > 1; images--) {
    if (await bytesOf(largest, images) <= budgetBytes) return images;
  }
  return 1;
}

/** Sizes of pictures as they are, without those that will be skipped for what their headers say. */
async function readableSizes({ inputs, values }: PredictPlan, indices: readonly number[]) {
  const pictures = indices.map((index) => inputs.pictures[index]);
  const sizes = await pictureSizes(pictures.map(({ path }) => path));
  return pictures.flatMap(({ image }, i) => {
    const size = sizes[i];
    if (size === null || size.width * size.height > values["max-pixels"]) return [];
    return { image, original: [size.height, size.width] as const };
  });
}

const pixels = ([height, width]: readonly [number, number]): number => height * width;

/** The picture that needs most, and its bytes; null when there are none. */
async function neediest(
  pictures: readonly Planned[],
  bytesOf: (picture: Planned, images: number) => Promise<number>,
  budgetBytes: number,
): Promise<Planned & { readonly bytes: number } | null> {
  const bySize = new Map<string, Planned>();
  for (const picture of pictures) {
    const known = bySize.get(`${picture.sizes.padded}`);
    // Of one padded size, the larger original has the larger masks.
    if (known && pixels(known.sizes.original) >= pixels(picture.sizes.original)) continue;
    bySize.set(`${picture.sizes.padded}`, picture);
  }
  const distinct = [...bySize.values()]
    .sort((a, b) => pixels(b.sizes.padded) - pixels(a.sizes.padded));
  let found: Planned & { readonly bytes: number } | null = null;
  for (const picture of distinct.slice(0, SIZES_CHECKED)) {
    const bytes = await bytesOf(picture, 1);
    if (found === null || bytes > found.bytes) found = { ...picture, bytes };
    if (2 * found.bytes <= budgetBytes) break;
  }
  return found;
}

/** The largest smaller setting that fits, its sides in proportion; null when none does. */
async function smaller(
  { shortSide, longest }: Resize,
  fits: (resize: Resize) => Promise<boolean>,
): Promise<Resize | null> {
  const resized = (side: number): Resize => ({
    shortSide: STEP * side,
    longest: Math.max(STEP * side, Math.floor(longest * STEP * side / shortSide)),
  });
  let [side, tooLong] = [0, Math.ceil(shortSide / STEP)];
  while (tooLong - side > 1) {
    const middle = Math.floor((side + tooLong) / 2);
    if (await fits(resized(middle))) side = middle;
    else tooLong = middle;
  }
  return side === 0 ? null : resized(side);
}

function tooLarge(
  { inputs: { pictures }, shortSide, longest }: PredictPlan,
  { image, sizes, bytes }: Planned & { readonly bytes: number },
  budgetBytes: number,
  advised: Resize | null,
): CliError {
  const [height, width] = sizes.original;
  const unlimited = bytes === Infinity;
  const raise = `--memory ${Math.ceil(bytes / 2 ** 20)}M if there is that much`;
  const lower = advised &&
    `make pictures smaller (--short-side ${advised.shortSide} --longest ${advised.longest})`;
  const advice = lower
    ? unlimited ? lower : `${lower}, or give ${raise}`
    : unlimited
    ? "choose a smaller segmenter"
    : `give ${raise}, or choose a smaller segmenter`;
  return new CliError(
    EXIT.memory,
    `the largest of ${plural(pictures.length, "picture")} needs ` +
      (unlimited
        ? "a larger buffer than the GPU has"
        : `${memoryText(bytes)} of GPU memory, the budget is ${memoryText(budgetBytes)}`),
    `${image}, ${width} × ${height} pixels, ${sizes.padded.toReversed().join(" × ")} for the ` +
      `network (--short-side ${shortSide} --longest ${longest})`,
    advice,
  );
}

/** A lack of memory where planning saw none: while parameters are read, or of very many candidates. */
export function outOfMemory(
  error: unknown,
  what: "the parameters" | "the pictures",
  { segmenter: { path }, values }: PredictPlan,
): unknown {
  if (!(error instanceof GpuMemoryError)) return error;
  const [where, advice] = what === "the parameters"
    ? [`${path}: ${error.message}`, "give more with --memory, or choose a smaller segmenter"]
    : [
      error.message,
      `make fewer cells count (--class-score above ${
        values["class-score"]
      }), or pictures smaller ` +
      "(--short-side, --longest)",
    ];
  return new CliError(EXIT.memory, `${what} need more GPU memory than there is`, where, advice, {
    cause: error,
  });
}

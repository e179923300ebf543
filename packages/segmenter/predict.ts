import { type Gpu, tensorsIn } from "@fiedler/gpu";
import { inferenceLayers, type Solov2Output } from "@fiedler/models";
import { packPixels } from "@fiedler/pipeline";
import { detect } from "./detect.ts";
import { partsOf } from "./detect_cells.ts";
import type { DetectOptions } from "./detect_options.ts";
import type { Detection } from "./detection.ts";
import type { FittedPicture } from "./fitted_picture.ts";
import type { MapSource, Network } from "./network.ts";

/** Options of {@linkcode predict}. */
export interface PredictOptions extends DetectOptions {
  /** Most pictures that go through the network at once, if they fit. Default 4: our choice. */
  readonly mostPictures?: number;
}

/** Pixels of a picture to one of the finest level of the pyramid, in each direction. */
const STRIDE = 4;

/**
 * The objects that a segmenter finds in pictures.
 *
 * Pictures of one padded size go through the network together, a few at a time; the result of a
 * picture does not depend on its company.
 *
 * @param pictures of any sizes, as `fitPicture` makes them.
 * @returns for each picture its detections, best first; see {@linkcode detect}.
 * @throws {RangeError} for options that cannot be, or a picture whose padding does not suit the
 *   network.
 */
export async function predict(
  gpu: Gpu,
  network: Network,
  source: MapSource,
  pictures: readonly FittedPicture[],
  { mostPictures = 4, onEmpty, ...options }: PredictOptions = {},
): Promise<Detection[][]> {
  if (!(Number.isSafeInteger(mostPictures) && mostPictures > 0)) {
    throw new RangeError(
      `predict: mostPictures must be a whole number from 1 on, got ${mostPictures}`,
    );
  }
  pictures.forEach((picture, i) => expectFitted(picture, i, network.multiple));
  const found: Detection[][] = pictures.map(() => []);
  for (const pass of passes(gpu, network, pictures, mostPictures)) {
    const own = pass.map((i) => pictures[i]);
    const output = await forward(gpu, network, source, own);
    try {
      const detections = await detect(gpu, output, own, {
        ...options,
        onEmpty: (picture, masks) => onEmpty?.(pass[picture], masks),
      });
      pass.forEach((picture, i) => found[picture] = detections[i]);
    } finally {
      gpu.free(...tensorsIn(output));
    }
  }
  return found;
}

/** What the network says of pictures of one size; the caller frees it. */
async function forward(
  gpu: Gpu,
  network: Network,
  source: MapSource,
  pictures: readonly FittedPicture[],
): Promise<Solov2Output> {
  const { words, shape } = packPixels(pictures.map(({ rgb }) => rgb));
  const rgb = gpu.upload(words, shape);
  try {
    const maps = await source.maps(gpu, rgb, pictures[0].padded);
    try {
      return gpu.stage("heads", () => network.forward(inferenceLayers(gpu), maps));
    } finally {
      gpu.free(...maps);
    }
  } finally {
    gpu.free(rgb);
  }
}

/** Indices of pictures that go through the network together: of one size, and few enough to bind. */
function passes(
  gpu: Gpu,
  { config: { heads } }: Network,
  pictures: readonly FittedPicture[],
  mostPictures: number,
): number[][] {
  const bySize = new Map<string, number[]>();
  pictures.forEach(({ padded }, i) => {
    const key = padded.join(" ");
    bySize.set(key, [...bySize.get(key) ?? [], i]);
  });
  const limit = gpu.device.limits.maxStorageBufferBindingSize;
  return [...bySize.values()].flatMap((indices) => {
    const [height, width] = pictures[indices[0]].padded;
    // The largest tensors are the finest level and the mask features.
    const cells = Math.ceil(height / STRIDE) * Math.ceil(width / STRIDE);
    const fit = Math.floor(limit / (4 * cells * Math.max(heads.channels, heads.maskChannels)));
    return partsOf(indices, Math.max(1, Math.min(mostPictures, fit)));
  });
}

function expectFitted({ padded, resized, rgb }: FittedPicture, i: number, multiple: number): void {
  const [height, width] = padded;
  const fits = padded.every((side, axis) =>
    side > 0 && side % multiple === 0 && resized[axis] <= side
  );
  if (fits && rgb.length === 3 * height * width) return;
  throw new RangeError(
    `predict: picture ${i} must be padded to multiples of ${multiple} pixels, got ` +
      `${height} × ${width} in ${rgb.length} bytes; fit it with the network's multiple`,
  );
}

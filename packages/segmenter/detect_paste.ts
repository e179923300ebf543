import { rleArea, rleBox } from "@fiedler/coco";
import type { Gpu } from "@fiedler/gpu";
import { pasteMasks } from "@fiedler/kernels";
import type { Solov2Output } from "@fiedler/models";
import { type KernelTable, maskLogits, masksPerBlock, partsOf } from "./detect_cells.ts";
import type { Scored } from "./detect_masks.ts";
import type { DetectSettings } from "./detect_options.ts";
import { rleFromStrips } from "./detect_runs.ts";
import type { Detection } from "./detection.ts";
import type { FittedSizes, PictureSize } from "./fitted_picture.ts";

/** Masks of one picture that are made together. */
interface Part {
  readonly picture: number;
  readonly masks: readonly Scored[];
}

/**
 * The detections with their masks at the size of each picture. One readback, more only when the bits
 * of all masks together exceed `blockBytes`.
 */
export async function pasteDetections(
  gpu: Gpu,
  output: Solov2Output,
  table: KernelTable,
  pictures: readonly FittedSizes[],
  scored: readonly (readonly Scored[])[],
  { blockBytes, maskThreshold, onEmpty }: DetectSettings,
): Promise<Detection[][]> {
  const most = masksPerBlock(gpu, output, blockBytes);
  const paste = ({ picture, masks }: Part) => {
    const { padded: enlarged, resized: cropped, original: size } = pictures[picture];
    return gpu.scope(() => {
      const logits = maskLogits(gpu, output, table, picture, masks);
      return pasteMasks(gpu, logits, { enlarged, cropped, size, threshold: maskThreshold });
    });
  };
  const detections: Detection[][] = pictures.map(() => []);
  for (const parts of readbacks(pictures, scored, most, blockBytes)) {
    const bits = gpu.scope(() => parts.map(paste));
    try {
      (await gpu.readAll(bits)).forEach((words, i) => {
        const { picture, masks } = parts[i];
        const length = words.length / masks.length;
        masks.forEach((mask, k) => {
          const own = words.subarray(k * length, (k + 1) * length);
          const detection = detectionOf(mask, own, pictures[picture].original);
          if (detection.area > 0) detections[picture].push(detection);
        });
      });
    } finally {
      gpu.free(...bits);
    }
  }
  scored.forEach(({ length }, picture) => {
    const empty = length - detections[picture].length;
    if (empty > 0) onEmpty?.(picture, empty);
  });
  return detections;
}

/** The masks in parts of one picture each, the parts in readbacks: as many as fit, at least one. */
function readbacks(
  pictures: readonly FittedSizes[],
  scored: readonly (readonly Scored[])[],
  most: number,
  blockBytes: number,
): Part[][] {
  const groups: Part[][] = [];
  let bytes = Infinity; // of the last readback
  pictures.forEach(({ original: [height, width] }, picture) => {
    const maskBytes = 4 * Math.ceil(height / 32) * width;
    const fit = Math.max(1, Math.min(most, Math.floor(blockBytes / maskBytes)));
    for (const masks of partsOf(scored[picture], fit)) {
      bytes += masks.length * maskBytes;
      if (bytes > blockBytes) {
        groups.push([]);
        bytes = masks.length * maskBytes;
      }
      groups[groups.length - 1].push({ picture, masks });
    }
  });
  return groups;
}

function detectionOf(
  { level, index, ...rest }: Scored,
  words: Uint32Array,
  [height, width]: PictureSize,
): Detection {
  const mask = rleFromStrips(words, height, width);
  const [box, area] = [rleBox(mask.counts, height), rleArea(mask.counts)];
  return { ...rest, cell: { level, index }, mask, box, area };
}

import { rleArea, rleBox } from "@fiedler/coco";
import type { Gpu } from "@fiedler/gpu";
import { pasteMasks } from "@fiedler/kernels";
import type { Solov2Output } from "@fiedler/models";
import { type KernelTable, maskLogits, masksPerBlock, partsOf } from "./detect_cells.ts";
import type { Scored } from "./detect_masks.ts";
import type { DetectSettings } from "./detect_options.ts";
import { rleFromStrips } from "./detect_runs.ts";
import type { Detection } from "./detection.ts";
import type { FittedSizes } from "./fitted_picture.ts";

/** Masks of one picture that are made together. */
interface Part {
  readonly picture: number;
  readonly masks: readonly Scored[];
  /** Bytes of their bits at the size of the picture. */
  readonly bytes: number;
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
  const detections: Detection[][] = pictures.map(() => []);
  const most = masksPerBlock(gpu, output, blockBytes);
  const parts = pictures.flatMap((picture, i) => partsOfPicture(picture, i, scored[i]));
  for (const group of readbacks(parts, blockBytes)) {
    const bits = gpu.scope(() => group.map(paste));
    try {
      (await gpu.readAll(bits)).forEach((words, i) => collect(group[i], words));
    } finally {
      gpu.free(...bits);
    }
  }
  scored.forEach(({ length }, picture) => {
    const empty = length - detections[picture].length;
    if (empty > 0) onEmpty?.(picture, empty);
  });
  return detections;

  function partsOfPicture(
    { original: [height, width] }: FittedSizes,
    picture: number,
    masks: readonly Scored[],
  ): Part[] {
    const bytes = 4 * Math.ceil(height / 32) * width;
    const fit = Math.max(1, Math.min(most, Math.floor(blockBytes / bytes)));
    return partsOf(masks, fit).map((part) => ({
      picture,
      masks: part,
      bytes: bytes * part.length,
    }));
  }

  function paste({ picture, masks }: Part) {
    const { padded, resized, original } = pictures[picture];
    return gpu.scope(() =>
      pasteMasks(gpu, maskLogits(gpu, output, table, picture, masks), {
        enlarged: padded,
        cropped: resized,
        size: original,
        threshold: maskThreshold,
      })
    );
  }

  function collect({ picture, masks }: Part, words: Uint32Array): void {
    const [height, width] = pictures[picture].original;
    const length = words.length / masks.length;
    masks.forEach(({ level, index, ...rest }, i) => {
      const mask = rleFromStrips(words.subarray(i * length, (i + 1) * length), height, width);
      const area = rleArea(mask.counts);
      if (area === 0) return; // counted above
      const box = rleBox(mask.counts, height);
      detections[picture].push({ ...rest, cell: { level, index }, mask, box, area });
    });
  }
}

/** Parts that come back together: as many as fit, at least one. */
function readbacks(parts: readonly Part[], blockBytes: number): Part[][] {
  const groups: Part[][] = [];
  let bytes = Infinity;
  for (const part of parts) {
    bytes += part.bytes;
    if (bytes > blockBytes) {
      groups.push([]);
      bytes = part.bytes;
    }
    groups[groups.length - 1].push(part);
  }
  return groups;
}

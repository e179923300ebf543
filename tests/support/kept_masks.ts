/** What the proposal stage finds through any backbone, under Deno and in pages. */
import { rleFromString, rleIou } from "@fiedler/coco";
import type { Gpu } from "@fiedler/gpu";
import { decodeImage, prepareImage } from "@fiedler/io";
import type { Backbone } from "@fiedler/models";
import { makeProposer, PRACTICAL, type PreparedPicture } from "@fiedler/pipeline";

/** A mask of a picture, as records have it. */
export interface KeptMask {
  readonly size: readonly [height: number, width: number];
  readonly counts: string;
}

/** A picture's file, read and made small: 6 × 9 patches of 8 for a photo of 3 : 2. */
export async function smallPicture(file: Uint8Array, patch: number): Promise<PreparedPicture> {
  const decoded = await decodeImage(file);
  const { image: pixels, plan: { resized } } = prepareImage(decoded, "short:48", patch);
  return {
    ...{ image: "photo", id: 1, sha256: "", pixels },
    size: [decoded.height, decoded.width],
    resized: [resized.height, resized.width],
  };
}

/** Kept masks through a backbone, whose keys are centred by those of a grey picture. */
export async function keptMasks(
  gpu: Gpu,
  backbone: Backbone,
  picture: PreparedPicture,
  layer = -1,
): Promise<KeptMask[]> {
  const model = { name: "a model", sha256: "", backbone, centred: true };
  const options = { ...PRACTICAL, clusterCounts: [2, 3], layer };
  const proposer = makeProposer(gpu, { model, saliencyModel: model, options });
  const [{ record }] = await proposer.propose([picture]);
  proposer.forget();
  const kept = record.masks.filter(({ dropped }) => dropped === null);
  return kept.map(({ segmentation }) => segmentation!); // every kept mask has one
}

/** The lowest IoU of each mask with that of the same place in another list. */
export function lowestIou(masks: readonly KeptMask[], others: readonly KeptMask[]): number {
  const rle = ({ size, counts }: KeptMask) => ({ size, counts: rleFromString(counts) });
  return Math.min(
    ...masks.map((mask, i) => rleIou([rle(mask)], [rle(others[i])], [false])[0]),
  );
}

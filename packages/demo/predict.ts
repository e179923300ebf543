import { compressRle } from "@fiedler/coco";
import { bytesSource, openTensorFile } from "@fiedler/io";
import { fitPicture, loadNetwork, mapSource, predict, readSegmenterFile } from "@fiedler/segmenter";
import { BACKBONE } from "./course.ts";
import type { Bench } from "./engine.ts";
import type { Models } from "./models.ts";
import type { OpenPicture } from "./picture.ts";
import type { Predicted } from "./studio.ts";

/**
 * What a segmenter finds in a picture.
 *
 * @param weights its file, as a {@linkcode Course} makes it; its backbone is the embedded one.
 */
export async function predictObjects(
  bench: Bench,
  models: Models,
  weights: Uint8Array,
  { image }: OpenPicture,
): Promise<Predicted> {
  const start = performance.now();
  const { gpu } = bench;
  const file = readSegmenterFile(await openTensorFile(bytesSource(weights)));
  const source = mapSource(await models.load(bench, BACKBONE), file.config.features);
  const network = await loadNetwork(gpu, file, source);
  try {
    const { shortSide, longest } = file.config;
    const { multiple } = network;
    const fitted = fitPicture(image, { shortSide, longest, multiple });
    const [detections] = await predict(gpu, network, source, [fitted]);
    const objects = detections.map(({ score, mask, box, area }) => ({
      ...{ score, bbox: box, areaPixels: area },
      segmentation: compressRle(mask),
    }));
    return { objects, ms: performance.now() - start };
  } finally {
    source.forget?.(gpu);
    gpu.free(...network.parameters.map(({ tensor }) => tensor));
  }
}

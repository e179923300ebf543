import { decodeRle, rleFromString } from "@fiedler/coco";
import { ImageError, resizeImage } from "@fiedler/io";
import { fittedSizes, TINY_SEGMENTER } from "@fiedler/segmenter";
import type { TrainingView } from "@fiedler/train";
import type { Bench } from "./engine.ts";
import type { TrainingFile } from "./messages.ts";
import type { Models } from "./models.ts";
import { OpenPicture } from "./picture.ts";
import { settingsOf } from "./show.ts";
import type { StudioOptions } from "./studio.ts";

/**
 * A picture to learn from, at the size that the segmenter sees, with the masks that `options` keep
 * of it drawn at that size.
 *
 * @throws {ImageError} that names it, when it cannot be read.
 */
export async function findLesson(
  bench: Bench,
  models: Models,
  { name, file }: TrainingFile,
  options: StudioOptions,
): Promise<TrainingView> {
  const picture = await OpenPicture.open(file, name).catch((error) => {
    throw error instanceof ImageError
      ? new ImageError(error.code, `${name}: ${error.message}`, { cause: error })
      : error;
  });
  const { image } = picture;
  const { shortSide, longest } = TINY_SEGMENTER;
  const sizes = fittedSizes([image.height, image.width], { shortSide, longest, multiple: 1 });
  const [height, width] = sizes.resized;
  const settings = await settingsOf(bench, models, options);
  const prepared = picture.prepare(options.shortSide, settings.model.backbone.patch);
  const { record } = await bench.explorer.explore({ ...prepared, size: [height, width] }, settings);
  const instances = record.masks.filter(({ dropped }) => dropped === null)
    .map(({ segmentation }) => ({
      mask: decodeRle(rleFromString(segmentation!.counts), height, width),
      label: 0,
    }));
  return { ...resizeImage(image, { height, width }), instances };
}

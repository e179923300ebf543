import { type DataTruth, eachOf, type TruthAnnotation } from "./truth.ts";

/** Ground truth under other image ids, and what they left out. */
export interface Renumbered {
  /** With the new ids. */
  readonly truth: DataTruth;
  /** Names of pictures that have no new id; their annotations are left out with them. */
  readonly without: readonly string[];
}

/**
 * Ground truth with the image ids of a run, which numbers pictures by their names or their places.
 *
 * @param pictures The pictures of the run: path and id.
 * @throws {RangeError} when a name of the ground truth is that of two pictures.
 */
export function renumberPictures(
  truth: DataTruth,
  pictures: Iterable<{ readonly image: string; readonly id: number }>,
): Renumbered {
  const byName = Map.groupBy(pictures, ({ image }) => baseName(image));
  const ids = new Map<number, number>();
  const without: string[] = [];
  for (const { id, file_name } of truth.images) {
    const same = byName.get(baseName(file_name)) ?? [];
    const fits = same.filter(({ image }) =>
      `/${image}`.endsWith(`/${file_name}`) || `/${file_name}`.endsWith(`/${image}`)
    );
    const [found, ...others] = fits.length > 0 ? fits : same;
    if (others.length > 0) {
      throw new RangeError(
        `renumberPictures: ${file_name} may be ${found.image} or ${others[0].image}`,
      );
    }
    if (found === undefined) without.push(file_name);
    else ids.set(id, found.id);
  }
  const images = truth.images.filter(({ id }) => ids.has(id)).map((image) => ({
    ...image,
    id: ids.get(image.id)!,
  }));
  const annotations = eachOf(() => withIds(truth.annotations, ids));
  return { truth: { images, categories: truth.categories, annotations }, without };
}

async function* withIds(
  annotations: AsyncIterable<TruthAnnotation>,
  ids: ReadonlyMap<number, number>,
): AsyncGenerator<TruthAnnotation, void> {
  for await (const annotation of annotations) {
    const image_id = ids.get(annotation.image_id);
    if (image_id !== undefined) yield { ...annotation, image_id };
  }
}

const baseName = (path: string) => path.slice(path.lastIndexOf("/") + 1);

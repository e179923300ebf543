import { FormatError } from "@fiedler/io";
import { pictureIds } from "./picture_ids.ts";
import type { DataTruth, TruthCategory, TruthImage } from "./truth.ts";

/** What is known of pictures and categories before labels are read. */
export type Known = Pick<DataTruth, "images" | "categories">;

/** Numbers of categories by their names: known ones, or in the order in which they are met. */
export class CategoryNames {
  readonly #ids: Map<string, number>;

  /** @param known The categories that there may be; null for any. */
  constructor(private readonly known: readonly TruthCategory[] | null) {
    this.#ids = new Map(known?.map(({ id, name }) => [name, id]));
  }

  /**
   * The id of a name.
   *
   * @throws {FormatError} when only known ones may occur, and it is none.
   */
  idOf(name: string, where: string): number {
    const id = this.#ids.get(name);
    if (id !== undefined) return id;
    if (this.known) throw new FormatError(`${where}: there is no category ${JSON.stringify(name)}`);
    this.#ids.set(name, this.#ids.size + 1);
    return this.#ids.size;
  }

  /** All categories, known or met. */
  list(): readonly TruthCategory[] {
    return this.known ?? [...this.#ids].map(([name, id]) => ({ id, name }));
  }
}

/**
 * The known picture of a name: the whole path, or the file's name where only one has it.
 *
 * @throws {FormatError} when there is none, or several are meant.
 */
export function knownPicture(
  images: readonly TruthImage[],
): (name: string, where: string) => TruthImage {
  const byPath = new Map(images.map((image) => [image.file_name, image]));
  const byName = Map.groupBy(images, ({ file_name }) => baseName(file_name));
  return (name, where) => {
    const exact = byPath.get(name);
    if (exact) return exact;
    const [image, other] = byName.get(baseName(name)) ?? [];
    if (image === undefined) {
      throw new FormatError(`${where}: ${name} is none of the known pictures`);
    }
    if (other === undefined) return image;
    throw new FormatError(`${where}: ${name} may be ${image.file_name} or ${other.file_name}`);
  };
}

const baseName = (path: string) => path.slice(path.lastIndexOf("/") + 1);

/** A picture's name without folder and extension: what label files are called after. */
export function stemOf(name: string): string {
  return baseName(name).replace(/\.[^.]*$/, "");
}

/**
 * The names of pictures' label files, without extension.
 *
 * @throws {RangeError} when two pictures would share one.
 */
export function labelNames(images: readonly TruthImage[]): string[] {
  const seen = new Map<string, string>();
  return images.map(({ file_name }) => {
    const stem = stemOf(file_name);
    const other = seen.get(stem);
    if (other !== undefined) {
      throw new RangeError(`${other} and ${file_name} would be labelled by one file, ${stem}`);
    }
    seen.set(stem, file_name);
    return stem;
  });
}

/** Pictures with the ids that their names give them. */
export function numbered(
  images: readonly Omit<TruthImage, "id">[],
): TruthImage[] {
  const ids = pictureIds(images.map(({ file_name }) => file_name));
  return images.map((image, i) => ({ id: ids[i], ...image }));
}

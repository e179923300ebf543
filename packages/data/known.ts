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

/** Finds a known picture by its name, or by its name without extension. */
export class PictureNames {
  readonly #byName = new Map<string, TruthImage>();
  readonly #byStem = new Map<string, TruthImage>();

  /** @throws {FormatError} when two pictures could not be told apart. */
  constructor(images: readonly TruthImage[]) {
    for (const image of images) {
      const stem = stemOf(image.file_name);
      if (this.#byStem.has(stem)) {
        throw new FormatError(
          `${image.file_name} and ${
            this.#byStem.get(stem)!.file_name
          } would be labelled by one file`,
        );
      }
      this.#byName.set(image.file_name, image);
      this.#byStem.set(stem, image);
    }
  }

  /** The picture of this name; undefined for none. */
  named(name: string): TruthImage | undefined {
    return this.#byName.get(name) ?? this.#byStem.get(name);
  }
}

/** A picture's name without folder and extension: what label files are called after. */
export function stemOf(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1).replace(/\.[^.]*$/, "");
}

/** Pictures with the ids that their names give them. */
export function numbered(
  images: readonly Omit<TruthImage, "id">[],
): TruthImage[] {
  const ids = pictureIds(images.map(({ file_name }) => file_name));
  return images.map((image, i) => ({ id: ids[i], ...image }));
}

import { ImageError, imageHeader, planSize, type Size } from "@fiedler/io";

/** How much of a file is read at first, and how much more each time that is not enough. */
const HEAD_BYTES = 1 << 14;
const GROWTH = 16;
/** Files that are open at once. */
const AT_ONCE = 16;

/**
 * The size of every picture, upright, from the first bytes of its file; null where these are not
 * those of a picture that can be read. Whether the rest is whole shows only when it is decoded.
 */
export async function pictureSizes(paths: readonly string[]): Promise<(Size | null)[]> {
  const sizes: (Size | null)[] = new Array(paths.length).fill(null);
  let next = 0;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (next < paths.length) {
      const at = next++;
      sizes[at] = await pictureSize(paths[at]);
    }
  }));
  return sizes;
}

async function pictureSize(path: string): Promise<Size | null> {
  try {
    using file = await Deno.open(path);
    let head = new Uint8Array(0);
    for (let wanted = HEAD_BYTES;; wanted *= GROWTH) {
      const longer = new Uint8Array(wanted);
      longer.set(head);
      const length = await fill(file, longer, head.length);
      head = longer.subarray(0, length);
      try {
        const { width, height } = imageHeader(head);
        return { width, height };
      } catch (error) {
        // What ends too early may go on in the part that was not read.
        const cut = error instanceof ImageError && error.code === "truncated";
        if (!cut || length < wanted) return null;
      }
    }
  } catch {
    return null; // missing, or no permission: named when the run comes to it
  }
}

/** Reads until the array is full or the file ends; returns where it got to. */
async function fill(file: Deno.FsFile, bytes: Uint8Array, from: number): Promise<number> {
  let at = from;
  while (at < bytes.length) {
    const count = await file.read(bytes.subarray(at));
    if (count === null) break;
    at += count;
  }
  return at;
}

/** A picture that a run will compute. */
export interface PlannedPicture {
  /** Path relative to the input folder. */
  readonly image: string;
  readonly size: Size;
  /** `[rows, columns]` of patches. */
  readonly grid: readonly [number, number];
}

/** What decides which pictures are computed, and how large. */
export interface SizeRule {
  /** Of a picture, as `planSize` takes it. */
  readonly rule: (image: string) => string;
  readonly patch: number;
  readonly maxPatches: number;
  readonly maxPixels: number;
}

/** The pictures of a run, in order, without those that it would skip for what their headers say. */
export function plannedPictures(
  images: readonly string[],
  sizes: readonly (Size | null)[],
  { rule, patch, maxPatches, maxPixels }: SizeRule,
): PlannedPicture[] {
  return images.flatMap((image, index) => {
    const size = sizes[index];
    if (size === null || size.width * size.height > maxPixels) return [];
    const grid = gridOf(size, rule(image), patch);
    return grid && grid[0] * grid[1] <= maxPatches ? { image, size, grid } : [];
  });
}

function gridOf({ width, height }: Size, rule: string, patch: number) {
  try {
    const { grid: { rows, columns } } = planSize(width, height, rule, patch);
    return [rows, columns] as const;
  } catch (error) {
    if (error instanceof ImageError) return null; // less than one patch
    throw error;
  }
}

const cells = ({ grid: [rows, columns] }: PlannedPicture): number => rows * columns;

/** One picture of every grid, those of most patches first. */
export function distinctGrids(pictures: readonly PlannedPicture[]): PlannedPicture[] {
  const byGrid = new Map(pictures.map((picture) => [`${picture.grid}`, picture]));
  return [...byGrid.values()].sort((a, b) => cells(b) - cells(a));
}

/** The grids of fewest and of most patches. */
export function gridRange(pictures: readonly PlannedPicture[]) {
  if (pictures.length === 0) return null;
  return {
    fewest: pictures.reduce((a, b) => cells(b) < cells(a) ? b : a).grid,
    most: pictures.reduce((a, b) => cells(b) > cells(a) ? b : a).grid,
  };
}

/** The pictures of `pipeline` without arguments: the bundled photos, and generated scenes. */
import { exists } from "./disk.ts";
import { findInputs, type Inputs } from "./inputs.ts";
import { basename, join, PHOTOS } from "./paths.ts";
import type { World } from "./run.ts";
import { writeScenes } from "./scenes.ts";

/** Folders of the pictures, named so that photos come first in a report. */
const FOLDERS = {
  photos: "photos",
  heldOut: "scenes-held-out",
  training: "scenes-training",
} as const;

/** Pixels a side of a scene, and of the enlarged one that proposals are made on: 24 × 24 patches. */
const SCENE_SIZE = 128;
/** The resize rule of scenes. */
export const SCENE_RULE = "fixed:192x192";

/** Scenes from this number on are never trained on, here or for what comes with Fiedler. */
const FIRST_HELD_OUT = 100_001;

/** Photos that make do for a short example. */
const FEW_PHOTOS: readonly string[] = ["coffee.png", "flower.jpg", "rocket.jpg"];

/** Which pictures the example has. */
export interface ExamplePictures {
  /** Scenes to learn from, */
  readonly training: number;
  /** and to judge by. */
  readonly heldOut: number;
  /** Three photos in place of all. */
  readonly fewPhotos: boolean;
}

/** The pictures of the example, and what is in those that it is judged by. */
export interface Example {
  readonly inputs: Inputs;
  /** Ground truth of the held-out scenes. */
  readonly truth: string;
}

/** Whether a picture of the example is a scene, and one that is kept aside. */
export const isScene = (image: string): boolean => image.startsWith("scenes-");
/** Whether a picture of the example is kept aside. */
export const isHeldOut = (image: string): boolean => image.startsWith(`${FOLDERS.heldOut}/`);

/**
 * Writes the pictures of the example into a folder, those that are not there yet.
 *
 * @throws {CliError} exit 2 when the folder holds something else.
 */
export async function makeExample(
  folder: string,
  { training, heldOut, fewPhotos }: ExamplePictures,
  world: World,
): Promise<Example> {
  const { disk, out } = world;
  const quiet = { ...world, out: { ...out, print: () => {}, event: () => {} } };
  const recipe = { mode: "scene", size: SCENE_SIZE, seed: 0 } as const;
  const heldOutFolder = join(folder, FOLDERS.heldOut);
  await writeScenes(heldOutFolder, { ...recipe, count: heldOut, first: FIRST_HELD_OUT }, quiet);
  await writeScenes(
    join(folder, FOLDERS.training),
    { ...recipe, count: training, first: 1 },
    quiet,
  );
  const photos = await findInputs([PHOTOS], { recursive: false });
  for (const { path } of photos.pictures) {
    if (fewPhotos && !FEW_PHOTOS.includes(basename(path))) continue;
    const copy = join(folder, FOLDERS.photos, basename(path));
    if (!await exists(copy)) await disk.writeWhole(copy, await Deno.readFile(path));
  }
  const places = Object.values(FOLDERS).map((name) => join(folder, name));
  const inputs = await findInputs(places, { recursive: true });
  return { inputs: { ...inputs, notPictures: [] }, truth: join(heldOutFolder, "instances.json") };
}

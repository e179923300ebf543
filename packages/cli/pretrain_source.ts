import type { Size } from "@fiedler/io";
import type { SkipRecord } from "@fiedler/pipeline";
import { SCENE_SETS } from "@fiedler/pretrain";
import { createHash } from "node:crypto";
import { usage } from "./args.ts";
import type { Identity } from "./identity.ts";
import { findInputs, type InputPicture } from "./inputs.ts";
import { pictureSizes } from "./picture_sizes.ts";
import type { ObjectiveName, PretrainValues } from "./pretrain_flags.ts";
import { MOST_PIXELS, noneUsable, type PictureOf, readPicture } from "./pretrain_pictures.ts";
import { plural } from "./summary.ts";

/** Seed of the scenes, unlike those of the pictures that results are judged by. */
const SCENE_SEED = 1000;
const SCENE_SIDE = 128;
const PICTURE_SIDE = 256;

/** Pictures to learn from. */
export interface PretrainSource {
  /** How many there are. */
  readonly count: number;
  /** Where a picture comes from. */
  pictureOf(index: number): PictureOf;
  /** Pixels of the shorter side that they are shrunk to. */
  readonly side: number;
  /** What they are, in words. */
  readonly words: string;
  /** What was found beside them and cannot be used. */
  readonly skipped: readonly SkipRecord[];
  /** What must be equal for a later process to have the same ones. */
  readonly identity: Identity;
}

/**
 * What a pretraining learns from.
 *
 * @throws {CliError} exit 2 when there is nothing, or for flags of other pictures; 3 when not one
 * picture can be used, or a file cannot be read.
 */
export async function findSource(
  objective: ObjectiveName,
  values: PretrainValues,
): Promise<PretrainSource> {
  const { pictures } = values;
  if (pictures === undefined) return sceneSource(objective, values);
  const scenes = (["scenes", "scene-seed"] as const).filter((name) => values[name] !== undefined);
  if (scenes.length > 0) {
    const where = ["pictures", ...scenes].map((name) => `--${name}`).join(", ");
    throw usage("there are no scenes beside --pictures", where, "give one or the other");
  }
  return await pictureSource(pictures, values.side ?? PICTURE_SIDE);
}

function sceneSource(objective: ObjectiveName, values: PretrainValues): PretrainSource {
  const { scenes: set = objective, "scene-seed": seed = SCENE_SEED, side = SCENE_SIDE } = values;
  const { count } = SCENE_SETS[set];
  return {
    count,
    pictureOf: (index) => ({ scene: { set, seed, index, size: side } }),
    side,
    words: `${count} generated scenes of ${side} × ${side} pixels, set ${set}, seed ${seed}`,
    skipped: [],
    identity: { scenes: set, "scene-seed": seed, side },
  };
}

async function pictureSource(place: string, side: number): Promise<PretrainSource> {
  const { base, pictures } = await findInputs([place], { recursive: true });
  const sizes = await pictureSizes(pictures.map(({ path }) => path));
  const skipped = await unusable(pictures, sizes);
  if (skipped.length === pictures.length) {
    throw noneUsable(`not one of the pictures of ${base} can be used`, skipped);
  }
  const left = new Set(skipped.map(({ image }) => image));
  const usable = pictures.filter(({ image }) => !left.has(image));
  const digest = createHash("sha256");
  for (const { image, bytes } of usable) digest.update(`${bytes} ${image}\n`);
  return {
    count: usable.length,
    pictureOf: (index) => ({ file: fileOf(usable[index]) }),
    side,
    words: `${plural(usable.length, "picture")} of ${place}`,
    skipped,
    identity: { pictures: usable.length, "names and sizes": digest.digest("hex"), side },
  };
}

const fileOf = ({ path, image, id }: InputPicture) => ({ path, image, id });

/** The pictures that will not do by their headers, and why. */
async function unusable(
  pictures: readonly InputPicture[],
  sizes: readonly (Size | null)[],
): Promise<SkipRecord[]> {
  const skipped: SkipRecord[] = [];
  for (const [i, picture] of pictures.entries()) {
    const size = sizes[i];
    if (size !== null && size.width * size.height <= MOST_PIXELS) continue;
    const read = await readPicture(picture);
    if ("code" in read) skipped.push(read);
  }
  return skipped;
}

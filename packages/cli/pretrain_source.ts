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
  const usable: InputPicture[] = [];
  const skipped: SkipRecord[] = [];
  for (const [i, picture] of pictures.entries()) {
    const skip = await skipOf(picture, sizes[i]);
    if (skip) skipped.push(skip);
    else usable.push(picture);
  }
  if (usable.length === 0) {
    throw noneUsable(`not one of the pictures of ${base} can be used`, skipped);
  }
  const digest = createHash("sha256");
  for (const { image, bytes } of usable) digest.update(`${bytes} ${image}\n`);
  return {
    count: usable.length,
    pictureOf: (index) => ({ file: usable[index] }),
    side,
    words: `${plural(usable.length, "picture")} of ${place}`,
    skipped,
    identity: { pictures: usable.length, "names and sizes": digest.digest("hex"), side },
  };
}

/** Why a picture will not do, as far as its header tells; null for one to try. */
async function skipOf(picture: InputPicture, size: Size | null): Promise<SkipRecord | null> {
  if (size !== null && size.width * size.height <= MOST_PIXELS) return null;
  const read = await readPicture(picture);
  return "code" in read ? read : null;
}

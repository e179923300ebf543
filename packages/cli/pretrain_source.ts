import { SCENE_SETS } from "@fiedler/pretrain";
import { createHash } from "node:crypto";
import { usage } from "./args.ts";
import { CliError, EXIT } from "./exit.ts";
import type { Identity } from "./identity.ts";
import { findInputs } from "./inputs.ts";
import { pictureSizes } from "./picture_sizes.ts";
import type { ObjectiveName, PretrainValues } from "./pretrain_flags.ts";
import type { PictureOf } from "./pretrain_pictures.ts";
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
  /** What must be equal for a later process to have the same ones. */
  readonly identity: Identity;
}

/**
 * What a pretraining learns from.
 *
 * @throws {CliError} exit 2 when there is nothing, or for flags of other pictures; 3 when a file is no
 * picture that can be read.
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
    identity: { scenes: set, "scene-seed": seed, side },
  };
}

async function pictureSource(place: string, side: number): Promise<PretrainSource> {
  const { base, pictures } = await findInputs([place], { recursive: true });
  const sizes = await pictureSizes(pictures.map(({ path }) => path));
  const unread = pictures.filter((_, i) => sizes[i] === null).map(({ image }) => image);
  if (unread.length > 0) {
    const some = unread.slice(0, 3).join(", ") + (unread.length > 3 ? ", …" : "");
    throw new CliError(
      EXIT.input,
      `${plural(unread.length, "picture")} cannot be read`,
      `${base}: ${some}`,
      "take them out, or give a .txt file with the paths of the others",
    );
  }
  const digest = createHash("sha256");
  for (const { image, bytes } of pictures) digest.update(`${bytes} ${image}\n`);
  return {
    count: pictures.length,
    pictureOf: (index) => ({ path: pictures[index].path }),
    side,
    words: `${plural(pictures.length, "picture")} of ${place}`,
    identity: { pictures: pictures.length, "names and sizes": digest.digest("hex"), side },
  };
}

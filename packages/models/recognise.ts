import type { TensorFile } from "@fiedler/io";
import { DENSECL } from "./checkpoints/densecl.ts";
import { DINO } from "./checkpoints/dino.ts";
import { CheckpointError } from "./checkpoints/errors.ts";
import { MAE } from "./checkpoints/mae.ts";
import { MOCO_V3 } from "./checkpoints/moco_v3.ts";
import { MSN } from "./checkpoints/msn.ts";
import type { LayoutName, Place, Release, ReleaseId, Signs } from "./checkpoints/release.ts";
import { findResNetModel } from "./checkpoints/resnet_model.ts";
import { DETECTRON2, type ResNetLayout, TORCHVISION } from "./checkpoints/resnet_layouts.ts";
import { SELFPATCH } from "./checkpoints/selfpatch.ts";
import { TIMM_VIT } from "./checkpoints/timm.ts";
import { TORCHVISION_RESNET } from "./checkpoints/torchvision.ts";
import { HUGGING_FACE, TIMM, type VitLayout } from "./checkpoints/vit_layouts.ts";
import { findVitModel } from "./checkpoints/vit_model.ts";
import type { FoundModel, ModelHints } from "./found_model.ts";

/** In the order in which files are held against them. */
const RELEASES: readonly Release[] = [
  MOCO_V3,
  MSN,
  SELFPATCH,
  MAE,
  DINO,
  TIMM_VIT,
  DENSECL,
  TORCHVISION_RESNET,
];

/** Releases that `--model` may name. */
export const RELEASE_IDS: readonly ReleaseId[] = RELEASES.map(({ id }) => id);

const VIT_LAYOUTS: Readonly<Partial<Record<LayoutName, VitLayout>>> = {
  "timm": TIMM,
  "hugging face": HUGGING_FACE,
};

const RESNET_LAYOUTS: Readonly<Partial<Record<LayoutName, ResNetLayout>>> = {
  "torchvision": TORCHVISION,
  "detectron2": DETECTRON2,
};

/** The name that tells each layout, below the root of an encoder. */
const ANCHORS: Readonly<Record<LayoutName, string>> = {
  "timm": TIMM.kernel,
  "hugging face": HUGGING_FACE.kernel,
  "torchvision": TORCHVISION.kernel,
  "detectron2": DETECTRON2.kernel,
};

/**
 * Finds the feature extractor in a checkpoint by the names and shapes of its tensors.
 *
 * @throws {CheckpointError} when there is none, none of that release, several without a sign which
 * is meant, or a tensor is missing, surplus or of another shape, which it names.
 */
export function recognise(file: TensorFile, hints: ModelHints = {}): FoundModel {
  const encoders = findEncoders(file);
  if (encoders.length === 0) throw nothingFound(file);
  const { release, place, doubt } = choose(file, encoders, hints);
  const subtree = { file, root: place.root };
  const [vit, resnet] = [VIT_LAYOUTS[place.layout], RESNET_LAYOUTS[place.layout]];
  const notes = doubt === null ? [] : [doubt];
  return vit
    ? findVitModel(subtree, { layout: vit, release, place, notes, heads: hints.heads })
    : findResNetModel(subtree, { layout: resnet!, release, place, notes, hints });
}

/** Layout and root of every encoder in the file, in its order. */
function findEncoders({ tensors }: TensorFile): Omit<Place, "encoder">[] {
  return [...tensors.keys()].flatMap((name) =>
    (Object.keys(ANCHORS) as LayoutName[])
      .filter((layout) => name === ANCHORS[layout] || name.endsWith(`.${ANCHORS[layout]}`))
      .map((layout) => ({ layout, root: name.slice(0, -ANCHORS[layout].length) }))
  );
}

interface Choice {
  readonly release: Release;
  readonly place: Place;
  /** What is said where the names leave a doubt. */
  readonly doubt: string | null;
}

function choose(
  file: TensorFile,
  encoders: readonly Omit<Place, "encoder">[],
  { release: wanted, encoder }: ModelHints,
): Choice {
  const named = wanted ?? file.metadata.release;
  if (named !== undefined) {
    const release = RELEASES.find(({ id }) => id === named);
    if (!release) throw new CheckpointError(`checkpoint: there is no release "${named}"`);
    return { release, place: placeIn(release, file, encoders, encoder), doubt: null };
  }
  const certain = RELEASES.flatMap((release) => {
    const found = knownPlaces(release, file, encoders);
    return found.some((place) => release.certain(signsOf(file, place))) ? [release] : [];
  });
  const [release] = certain;
  if (release) return { release, place: placeIn(release, file, encoders, encoder), doubt: null };
  return guess(file, encoders, encoder);
}

/** Places of a release that the file has, the default first; a converted file says which it was. */
const knownPlaces = (
  { places }: Release,
  { metadata }: TensorFile,
  encoders: readonly Omit<Place, "encoder">[],
): Place[] =>
  places.filter(({ layout, root }) =>
    encoders.some((found) => found.layout === layout && found.root === root)
  ).map((place) => ({ ...place, encoder: metadata.source_encoder ?? place.encoder }));

/** The place of the wanted encoder, by its name or root; the default without a wish. */
function placeIn(
  release: Release,
  file: TensorFile,
  encoders: readonly Omit<Place, "encoder">[],
  wish: string | undefined,
): Place {
  const known = knownPlaces(release, file, encoders);
  const layouts = new Set(release.places.map(({ layout }) => layout));
  // A root that nobody published will do where it is the only one, or is asked for.
  const others = encoders.filter(({ layout, root }) =>
    layouts.has(layout) && !known.some((place) => place.root === root)
  ).map((place) => ({ ...place, encoder: place.root.replace(/\.$/, "") }));
  const all = [...known, ...others];
  const found = wish === undefined
    ? known[0] ?? (others.length === 1 ? others[0] : undefined)
    : all.find((place) => place.encoder === wish || place.root.replace(/\.$/, "") === wish);
  if (found) return found;
  const there = all.map((place) => place.encoder).join(", ");
  throw new CheckpointError(
    all.length === 0
      ? `checkpoint: nothing in this ${file.format} file is named as in ${release.title}`
      : `checkpoint: ${
        wish === undefined ? "several encoders" : `no encoder "${wish}"`
      }, the file has ${there}: name one as the encoder`,
  );
}

/** Names that several releases share: taken for the likeliest, which is said. */
function guess(
  file: TensorFile,
  encoders: readonly Omit<Place, "encoder">[],
  wish: string | undefined,
): Choice {
  const release = likeliest(file, encoders);
  const place = placeIn(release, file, encoders, wish);
  const doubt = release.resample === null
    ? null
    : `taken for ${release.title}, positions resampled by ${release.resample}; ` +
      "if it is of another release, name that as the model";
  return { release, place, doubt };
}

function likeliest(file: TensorFile, encoders: readonly Omit<Place, "encoder">[]): Release {
  const place = { ...encoders[0], encoder: "" };
  if (RESNET_LAYOUTS[place.layout]) return TORCHVISION_RESNET;
  const { classToken, finalNorm, torch, has } = signsOf(file, place);
  if (!classToken && !finalNorm) return SELFPATCH;
  // Hugging Face's models of DINO are bare; supervised ones have a pooler, others a prefix.
  const bare = place.layout === "hugging face" && place.root === "" && !has("pooler.");
  return bare || (torch && place.layout === "timm" && classToken) ? DINO : TIMM_VIT;
}

function signsOf(file: TensorFile, place: Place): Signs {
  const { tensors, metadata, format } = file;
  const layout = VIT_LAYOUTS[place.layout];
  const below = (name: string | undefined) => name !== undefined && tensors.has(place.root + name);
  return {
    metadata,
    place,
    classToken: below(layout?.classToken),
    finalNorm: below(layout?.norm),
    has: (beginning) => tensors.keys().some((name) => name.startsWith(beginning)),
    torch: format === "torch zip" || format === "torch pickle",
  };
}

function nothingFound({ tensors, format }: TensorFile): CheckpointError {
  const some = [...tensors.keys()].slice(0, 3).map((name) => `"${name}"`).join(", ");
  const kernels = Object.values(ANCHORS).map((name) => `"${name}"`).join(", ");
  return new CheckpointError(
    `checkpoint: no model that is known in this ${format} file of ${tensors.size} tensors` +
      `${some && ` (${some}, …)`}: none ends with ${kernels}`,
  );
}

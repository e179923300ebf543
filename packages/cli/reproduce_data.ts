import { encodeRle, type Rle, rleFromSegmentation } from "@fiedler/coco";
import {
  type DataFiles,
  type DataSetInfo,
  findDataSet,
  listPictures,
  openDataSet,
  type TruthAnnotation,
  type TruthImage,
} from "@fiedler/data";
import { decodeImage, type RgbImage, sha256Hex } from "@fiedler/io";
import { makeScene, type SceneMode } from "@fiedler/scenes";
import type { StudyObject } from "@fiedler/study";
import { usage } from "./args.ts";
import { dataErrors } from "./data_errors.ts";
import { localFiles } from "./local_files.ts";
import { basename, join, resolve, ROOT } from "./paths.ts";

/** A picture with what is known of it. */
export interface LabelledPicture {
  readonly image: RgbImage;
  /** SHA-256 of its file, or of its pixels where there is none. */
  readonly sha256: string;
  /** Its objects, without crowd regions. */
  readonly objects: readonly StudyObject[];
  /** Pixels of which nobody says what they are. */
  readonly unknown: Rle | null;
}

/** A picture that is read when its turn comes. */
export interface StudyEntry {
  readonly name: string;
  readonly id: number;
  read(): Promise<LabelledPicture>;
}

/** Labelled pictures to measure extractors on. */
export interface StudySet {
  /** Heads its tables: `scenes`, `coco-val2017`, the folder's name. */
  readonly name: string;
  /** What it is, in words. */
  readonly title: string;
  /** Tells its lines from those of others: name and place. */
  readonly key: string;
  /** Whether pictures are enlarged to 24 × 24 patches, which is right for small scenes. */
  readonly scenes: boolean;
  readonly entries: readonly StudyEntry[];
}

/** Options of {@linkcode openStudySet}. */
export interface StudySetOptions {
  /** Most pictures, where the item itself does not say; undefined is all, or 100 scenes. */
  readonly pictures: number | undefined;
  readonly maxPixels: number;
}

/** Seed of the scenes that are measured: nothing is trained on them. */
export const HELD_OUT_SEED = 900_000;

/** Scenes where nobody says how many. */
const SCENES = 100;

const SCENE_SETS: Readonly<Record<string, { mode: SceneMode; title: string }>> = {
  scenes: { mode: "scene", title: "generated scenes of 1 to 8 objects, 128 px" },
  crowds: { mode: "crowd", title: "generated piles of 2 to 5 of one category, 128 px" },
  singles: { mode: "single", title: "generated scenes of one object, 128 px" },
};

/**
 * Opens one item of `--data`: `scenes`, `crowds`, `singles`, `nuclei`, `NAME=DIR` of a known data
 * set, or a folder with COCO JSON; each with `:N` behind it for the first N pictures.
 *
 * @throws {CliError} exit 2 when there is no such data set or no ground truth, 3 when the folder is
 * not laid out so or its ground truth cannot be read.
 */
export async function openStudySet(item: string, options: StudySetOptions): Promise<StudySet> {
  const [, place, number] = /^(.*?)(?::(\d+))?$/.exec(item)!;
  const count = number === undefined ? options.pictures : Number(number);
  if (count === 0) throw usage("0 pictures say nothing", `--data ${item}`, "ask for 1 or more");
  if (Object.hasOwn(SCENE_SETS, place)) return sceneSet(place, count ?? SCENES);
  const { name, info, folder } = locate(place);
  return await dataErrors(() => folderSet(name, info, folder, { ...options, pictures: count }));
}

function sceneSet(name: string, count: number): StudySet {
  const { mode, title } = SCENE_SETS[name];
  return {
    name,
    title: `${title}, seed ${HELD_OUT_SEED}`,
    key: name,
    scenes: true,
    entries: Array.from({ length: count }, (_, index) => ({
      name: `${mode}-${String(index).padStart(6, "0")}`,
      id: index,
      async read() {
        const { width, height, data, instances } = makeScene({ seed: HELD_OUT_SEED, mode, index });
        const objects = instances.map(({ category, mask }) => ({
          category,
          mask: { size: [height, width] as const, counts: encodeRle(mask, height, width) },
        }));
        return {
          image: { width, height, data },
          sha256: await sha256Hex(data),
          objects,
          unknown: null,
        };
      },
    })),
  };
}

/** Which data set an item means, and where it lies. */
function locate(place: string): { name: string; info: DataSetInfo; folder: string } {
  if (place === "nuclei") {
    return { name: place, info: findDataSet(place)!, folder: join(ROOT, "fixtures", "nuclei") };
  }
  const [, known, path] = /^([\w.-]+)=(.+)$/.exec(place) ?? [];
  const info = known === undefined ? null : findDataSet(known);
  if (info) return { name: info.name, info, folder: resolve(path) };
  if (findDataSet(place)) {
    const advice = `say where it is: --data ${place}=DIR; see \`fiedler data info ${place}\``;
    throw usage(`${place} does not come with Fiedler`, `--data ${place}`, advice);
  }
  const folder = resolve(place);
  return { name: basename(folder), info: findDataSet("folder")!, folder };
}

async function folderSet(
  name: string,
  info: DataSetInfo,
  folder: string,
  { pictures: count = Infinity, maxPixels }: StudySetOptions,
): Promise<StudySet> {
  const files = localFiles(folder);
  const dataSet = openDataSet(info, files);
  const listed = await listPictures(dataSet);
  const truth = await dataSet.truth();
  if (truth === null) {
    const advice = "put COCO instances JSON at instances.json, or choose another data set";
    throw usage("there is no ground truth", folder, advice);
  }
  const annotations = new Map<number, TruthAnnotation[]>();
  for await (const annotation of truth.annotations) {
    if (annotation.iscrowd !== 0) continue;
    const list = annotations.get(annotation.image_id);
    if (list) list.push(annotation);
    else annotations.set(annotation.image_id, [annotation]);
  }
  const images = new Map(truth.images.map((image) => [image.id, image]));
  const entries = listed.filter(({ id }) => annotations.has(id)).slice(0, count);
  if (entries.length === 0) {
    throw usage("no picture has an object", folder, "choose another data set");
  }
  return {
    name,
    title: info.layout.kind === "folder" ? folder : info.title,
    key: `${name} ${folder}`,
    scenes: false,
    entries: entries.map(({ id, name, path }) => ({
      name,
      id,
      read: () => readPicture(files, path, maxPixels, images.get(id)!, annotations.get(id)!),
    })),
  };
}

/** @throws {CliError} exit 3 when the ground truth is not of this picture's size, or broken. */
async function readPicture(
  files: DataFiles,
  path: string,
  maxPixels: number,
  truth: TruthImage,
  annotations: readonly TruthAnnotation[],
): Promise<LabelledPicture> {
  const bytes = await files.read(path);
  const { width, height, data } = await decodeImage(bytes, { maxPixels });
  const sha256 = await sha256Hex(bytes);
  return await dataErrors(() => {
    if (truth.width !== width || truth.height !== height) {
      throw new RangeError(
        `${path} is of ${width} × ${height} pixels, its ground truth of ` +
          `${truth.width} × ${truth.height}`,
      );
    }
    const objects = annotations.map(({ category_id, segmentation }) => ({
      category: category_id,
      mask: rleFromSegmentation(segmentation, height, width),
    }));
    const unknown = truth.void ? rleFromSegmentation(truth.void, height, width) : null;
    return Promise.resolve({ image: { width, height, data }, sha256, objects, unknown });
  });
}

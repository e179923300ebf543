import { decodePngIndices } from "@fiedler/io";
import type { DataLayout, DataSetInfo } from "./catalogue.ts";
import type { DataSet } from "./data_set.ts";
import { adviceFor, DataError } from "./errors.ts";
import { type DataFiles, hasFile, readLines, readText } from "./files.ts";
import { pictureIds } from "./picture_ids.ts";
import { type DataTruth, listed, type TruthAnnotation, type TruthImage } from "./truth.ts";
import { VOC_CLASSES } from "./voc_colours.ts";
import { boxInstances, maskInstances, type VocInstance } from "./voc_instances.ts";
import { readVocXml, type VocAnnotation } from "./voc_xml.ts";

type VocLayout = Extract<DataLayout, { kind: "voc" }>;

/** PASCAL VOC's development kit: its folder, one above it, or one that holds its archive. */
export function vocSet(info: DataSetInfo, layout: VocLayout, files: DataFiles): DataSet {
  const set = `ImageSets/${layout.set}.txt`;
  const names = async (root: string) => {
    // Lines of some lists end in a 1 or -1: whether the class is there.
    return (await readLines(files, `${root}${set}`)).map((line) => line.split(/\s+/)[0]);
  };
  const rootOf = () => findRoot(info, layout.release, set, files);
  return {
    info,
    files,
    async entries() {
      const root = await rootOf();
      const all = await names(root);
      const ids = pictureIds(all);
      return all.map((name, i) => ({
        id: ids[i],
        name: `${name}.jpg`,
        path: `${root}JPEGImages/${name}.jpg`,
      }));
    },
    async truth() {
      const root = await rootOf();
      return await truthOf(root, await names(root), layout, files, info);
    },
  };
}

async function findRoot(
  info: DataSetInfo,
  release: string,
  set: string,
  files: DataFiles,
): Promise<string> {
  for (const root of ["", `${release}/`, `VOCdevkit/${release}/`]) {
    if (await hasFile(files, `${root}${set}`)) return root;
  }
  throw new DataError(`there is no VOCdevkit/${release}/${set}`, files.where, adviceFor(info));
}

async function truthOf(
  root: string,
  names: readonly string[],
  layout: VocLayout,
  files: DataFiles,
  info: DataSetInfo,
): Promise<DataTruth> {
  await expectAll(root, names, layout, files, info);
  const ids = pictureIds(names);
  const images: TruthImage[] = [];
  const annotations: TruthAnnotation[] = [];
  for (const [i, name] of names.entries()) {
    const path = `${root}Annotations/${name}.xml`;
    const annotation = readVocXml(await readText(files, path), path);
    const { width, height, objects } = annotation;
    const { instances, ...rest } = layout.truth === "boxes"
      ? { instances: boxInstances(objects, path) }
      : await masksOf(root, name, annotation, files);
    images.push({ id: ids[i], file_name: `${name}.jpg`, width, height, ...rest });
    for (const instance of instances) {
      const { category_id, segmentation, area, bbox, difficult } = instance;
      annotations.push({
        id: annotations.length + 1,
        image_id: ids[i],
        category_id,
        segmentation,
        area,
        bbox,
        iscrowd: 0,
        difficult,
      });
    }
  }
  const categories = VOC_CLASSES.map((name, i) => ({ id: i + 1, name }));
  return { images, categories, annotations: listed(annotations) };
}

/** Half an archive unpacks to half a folder: said at once, not at the first file that lacks. */
async function expectAll(
  root: string,
  names: readonly string[],
  { truth }: VocLayout,
  files: DataFiles,
  info: DataSetInfo,
): Promise<void> {
  const needed = [["Annotations", ".xml"]];
  if (truth === "masks") needed.push(["SegmentationObject", ".png"]);
  for (const [folder, ending] of needed) {
    const there = new Set((await files.list(`${root}${folder}`) ?? []).map(({ name }) => name));
    const missing = names.filter((name) => !there.has(name + ending));
    if (missing.length === 0) continue;
    throw new DataError(
      `${folder} has ${names.length - missing.length} of ${names.length} files, ` +
        `${missing[0]}${ending} is missing`,
      `${files.where}/${root}${folder}`,
      adviceFor(info),
    );
  }
}

async function masksOf(
  root: string,
  name: string,
  { objects, width, height }: VocAnnotation,
  files: DataFiles,
): Promise<{ instances: VocInstance[]; void?: TruthImage["void"] }> {
  const map = async (folder: string) => {
    const path = `${root}${folder}/${name}.png`;
    return await hasFile(files, path) ? await decodePngIndices(await files.read(path)) : null;
  };
  const where = `${root}SegmentationObject/${name}.png`;
  const instanceMap = (await map("SegmentationObject"))!;
  if (instanceMap.width !== width || instanceMap.height !== height) {
    throw new DataError(
      `is ${instanceMap.width} × ${instanceMap.height}, its annotation says ${width} × ${height}`,
      `${files.where}/${where}`,
      "unpack the archive again",
    );
  }
  const found = maskInstances(instanceMap, await map("SegmentationClass"), objects, where);
  return { instances: found.instances, ...(found.void ? { void: found.void } : {}) };
}

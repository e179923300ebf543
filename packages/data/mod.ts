/**
 * Data sets as one interface (pictures, bytes, ground truth), and instances in the formats of other
 * tools: Label Studio, YOLO segmentation, VOC label maps. No file system: callers hand over how to
 * read and list. Runs in browsers and in Deno.
 *
 * @module
 */
export { decodeBrush, encodeBrush } from "./brush_rle.ts";
export {
  DATA_HOSTS,
  DATA_SETS,
  type DataArchive,
  type DataLayout,
  type DataSetInfo,
  findDataSet,
} from "./catalogue.ts";
export {
  type Damage,
  type DataEntry,
  type DataSet,
  findDamage,
  listPictures,
  missingText,
  openDataSet,
} from "./data_set.ts";
export { adviceFor, DataError } from "./errors.ts";
export { type DataFiles, type ListedFile, memoryFiles } from "./files.ts";
export {
  annotationOf,
  gatherInstances,
  type Imported,
  type Instances,
  type PictureInstances,
  truthOfInstances,
} from "./instances.ts";
export { type Known, labelNames, stemOf } from "./known.ts";
export type { LabelMap } from "./label_map.ts";
export { labelStudioConfig, type LabelStudioOptions, labelStudioTask } from "./label_studio.ts";
export { pictureIds } from "./picture_ids.ts";
export { boxPolygon, joinPolygons, outlinesOf, polygonsOf } from "./polygons.ts";
export { readLabelStudio } from "./read_label_studio.ts";
export { readTruth } from "./read_truth.ts";
export { type Renumbered, renumberPictures } from "./renumber.ts";
export {
  type DataTruth,
  eachOf,
  listed,
  type TruthAnnotation,
  type TruthCategory,
  type TruthImage,
  truthJson,
} from "./truth.ts";
export { VOC_CLASSES, VOC_VOID, vocPalette } from "./voc_colours.ts";
export { readVocMaps, type VocMaps, vocMaps } from "./voc_png.ts";
export { readVocXml, type VocAnnotation, type VocObject } from "./voc_xml.ts";
export {
  readYoloConfig,
  readYoloLabels,
  yoloConfig,
  type YoloLabels,
  yoloLabels,
} from "./yolo_seg.ts";

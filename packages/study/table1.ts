import { COUNT_BUCKETS } from "@fiedler/coco";

/** What the rows of Table 1 are called here. */
export type Method = "mae" | "dino" | "selfpatch" | "msn" | "moco-v3" | "densecl";

/** A row of Table 1: mean average recall in percent, for each of `COUNT_BUCKETS`. */
export interface PaperRow {
  /** The features as the paper names them. */
  readonly title: string;
  /** The same as a method. */
  readonly method: Method;
  /** On COCO val2017. */
  readonly coco: readonly number[];
  /** On PASCAL VOC 2012. */
  readonly voc: readonly number[];
}

/** Table 1 of arXiv 2311.14665, as printed. */
export const TABLE_1: readonly PaperRow[] = [
  {
    title: "MAE ViT-B/16",
    method: "mae",
    coco: [16.8, 8.6, 6.3, 3.2, 2.9, 1.1],
    voc: [31.7, 18.1, 9.3, 4.5, 4.1, 2.2],
  },
  {
    title: "DINO ViT-B/16",
    method: "dino",
    coco: [21.0, 5.9, 3.3, 1.9, 1.9, 0.6],
    voc: [38.3, 9.9, 4.7, 1.9, 1.7, 0.7],
  },
  {
    title: "SelfPatch ViT-S/16",
    method: "selfpatch",
    coco: [17.4, 7.7, 5.5, 2.8, 2.6, 1.0],
    voc: [32.8, 13.9, 7.1, 4.3, 3.4, 1.5],
  },
  {
    title: "MSN ViT-B/16",
    method: "msn",
    coco: [19.8, 5.7, 3.4, 1.9, 1.8, 0.6],
    voc: [35.6, 10.1, 4.9, 1.7, 1.3, 0.7],
  },
  {
    title: "MoCo-v3 ViT-B/16",
    method: "moco-v3",
    coco: [19.1, 5.0, 3.0, 1.6, 1.7, 0.6],
    voc: [37.3, 9.1, 4.3, 1.6, 1.6, 0.7],
  },
  {
    title: "DenseCL R101",
    method: "densecl",
    coco: [13.3, 3.2, 1.8, 0.9, 0.9, 0.3],
    voc: [24.3, 5.2, 2.3, 1.0, 0.8, 0.3],
  },
];

/** Which columns of Table 1 a data set is compared with; null where it is not the paper's. */
export const paperColumns = (dataSet: string): "coco" | "voc" | null =>
  dataSet === "coco-val2017" ? "coco" : dataSet.startsWith("voc2012") ? "voc" : null;

/** A row's numbers by bucket. */
export const paperRecall = (row: PaperRow, columns: "coco" | "voc"): Record<string, number> =>
  Object.fromEntries(COUNT_BUCKETS.map((bucket, i) => [bucket, row[columns][i]]));

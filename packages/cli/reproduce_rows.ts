/**
 * Tables 2 and 4 to 7 of the paper (arXiv 2311.14665): which configurations they compare, what they
 * print, and which of their directions one can hold results against.
 */
import { type Method, TABLE_1 } from "@fiedler/study";
import { usage } from "./args.ts";
import type { StudyModel } from "./reproduce_models.ts";

/** A configuration of the proposal stage. */
export interface RowConfig {
  /** The extractor, as `--models` names it. */
  readonly model: string;
  readonly k: readonly number[];
  /** DINO's mask, that of the extractor itself, or none. */
  readonly saliency: "dino" | "self" | "none";
  /** The component split. */
  readonly split: boolean;
}

/** A row of a table. */
export interface Row {
  /** What `--rows` calls it. */
  readonly name: string;
  /** What the table calls it. */
  readonly title: string;
  /** Null for what is not implemented, */
  readonly config: RowConfig | null;
  /** and what is missing then. */
  readonly missing?: string;
  /** What the paper prints in this row, by the table's metrics; null where it has no such row. */
  readonly paper: readonly number[] | null;
  /** What its row is of, where that is not what ours is of. Default {@linkcode Row.title}. */
  readonly paperTitle?: string;
}

/** Something that the paper's numbers show, or that we expect: one row above others. */
export interface Direction {
  readonly text: string;
  /** Of {@linkcode Table.metrics}. */
  readonly metric: string;
  /** The better row, */
  readonly better: string;
  /** and those it is better than. */
  readonly worse: readonly string[];
}

/** A table of the paper. */
export interface Table {
  readonly name: TableName;
  readonly title: string;
  /** Keys of the evaluation's metrics, in the order of the paper. */
  readonly metrics: readonly string[];
  readonly rows: readonly Row[];
  readonly directions: readonly Direction[];
  /** What a reader of the paper's numbers should know. */
  readonly doubts: readonly string[];
}

/** Tables that {@linkcode tableOf} knows. */
export const TABLE_NAMES = ["table2", "table4", "table5", "table6", "table7"] as const;
/** One of {@linkcode TABLE_NAMES}. */
export type TableName = (typeof TABLE_NAMES)[number];

/** Extractors of Table 2 where nobody names others. */
export const TABLE_2_MODELS = "mae-tiny,dino-tiny,random,colour";
/** The extractor of the other tables. */
export const ABLATED_MODEL = "mae-tiny";

const PRECISION_RECALL = ["AP50", "AP75", "AP", "AR1", "AR10", "AR100"];
const BY_SIZE = ["AP", "APs", "APm", "APl", "AR100", "ARs", "ARm", "ARl"];

/** Table 2, by the release of the weights. */
const PAPER_2: Readonly<Record<Method, readonly number[]>> = {
  "mae": [12.1, 3.7, 5.2, 3.8, 10.9, 18.3],
  "dino": [11.8, 3.6, 5.0, 3.7, 11.4, 18.0],
  "selfpatch": [6.3, 2.2, 2.8, 3.4, 4.9, 4.9],
  "msn": [9.0, 2.7, 3.9, 3.9, 6.2, 6.2],
  "moco-v3": [7.2, 2.5, 3.3, 3.4, 6.4, 9.6],
  "densecl": [7.7, 2.5, 3.3, 3.3, 7.3, 10.2],
};

/** The configuration that Tables 4 to 7 start from, under each of its names there. */
const PAPER_BEST = [10.7, 2.9, 4.5, 3.5, 9.0, 16.5];

/**
 * A table with our extractors in it.
 *
 * @param models of Table 2, one row each; the others take the first alone.
 * @throws {CliError} exit 2 when the other tables are given several, or one without weights.
 */
export function tableOf(name: TableName, models: readonly StudyModel[]): Table {
  if (name === "table2") return table2(models);
  const [model, ...others] = models;
  if (others.length > 0 || model.sha256 === "") {
    throw usage(
      `${name} takes one extractor with weights`,
      `--models ${models.map(({ name }) => name).join(",")}`,
      `name one, such as ${ABLATED_MODEL}`,
    );
  }
  return ABLATIONS[name]({ model: model.name, k: [2, 3, 4, 5], saliency: "dino", split: true });
}

function table2(models: readonly StudyModel[]): Table {
  const rows = models.map(({ name, method }): Row => ({
    name,
    title: name,
    config: { model: name, k: [2, 3, 4, 5], saliency: "dino", split: true },
    paper: method && PAPER_2[method],
    paperTitle: TABLE_1.find((row) => row.method === method)?.title,
  }));
  const of = (method: Method) => models.find((model) => model.method === method)?.name;
  const [mae, dino] = [of("mae"), of("dino")];
  const others = models.filter(({ method }) => method !== "mae" && method !== "dino");
  return {
    name: "table2",
    title: "Table 2: which features the proposals come from",
    metrics: PRECISION_RECALL,
    rows,
    directions: mae === undefined ? [] : [
      ...dino === undefined
        ? []
        : [{ text: "MAE above DINO", metric: "AP", better: mae, worse: [dino] }],
      ...others.map(({ name, method }) => ({
        text: `${method === null ? "ours: " : ""}MAE above ${name}`,
        metric: "AP",
        better: mae,
        worse: [name],
      })),
    ],
    doubts: [
      "The paper's MAE and DINO are 0.2 points of AP apart, of which it gives no error.",
      "Its SelfPatch and MSN rows have AR10 = AR100: those models emit at most ten masks a " +
      "picture, so that scores, not only masks, make these rows low.",
    ],
  };
}

const ABLATIONS: Readonly<Record<Exclude<TableName, "table2">, (base: RowConfig) => Table>> = {
  table4: (base) => ({
    name: "table4",
    title: "Table 4: how many clusters",
    metrics: BY_SIZE,
    rows: [
      ...([
        [2, [0.2, 0.0, 0.0, 0.3, 0.5, 0.0, 0.0, 2.3]],
        [3, [2.7, 0.7, 1.5, 8.8, 4.3, 0.1, 1.3, 16.1]],
        [4, [3.7, 0.8, 2.4, 12.3, 6.0, 0.1, 2.3, 21.7]],
        [5, [3.7, 0.7, 3.0, 11.4, 6.5, 0.2, 3.3, 22.1]],
      ] as const).map(([k, paper]): Row => ({
        name: `k${k}`,
        title: `k = ${k}`,
        config: { ...base, k: [k] },
        paper,
      })),
      {
        name: "k2-5",
        title: "k = 2–5",
        config: base,
        paper: [4.5, 1.4, 6.0, 12.8, 16.5, 1.7, 19.1, 38.6],
      },
    ],
    directions: [
      ...["AP", "AR100"].map((metric) => ({
        text: "all of k = 2–5 above each k alone",
        metric,
        better: "k2-5",
        worse: ["k2", "k3", "k4", "k5"],
      })),
      { text: "k = 3 above k = 2", metric: "AP", better: "k3", worse: ["k2"] },
    ],
    doubts: [],
  }),
  table5: (base) => ({
    name: "table5",
    title: "Table 5: which saliency mask filters the proposals",
    metrics: PRECISION_RECALL,
    rows: [
      {
        name: "none",
        title: "no saliency",
        config: { ...base, saliency: "none" },
        paper: [2.3, 0.2, 0.6, 0.9, 3.8, 9.4],
      },
      {
        name: "self",
        title: `saliency of ${base.model}`,
        paperTitle: "saliency of MAE",
        config: { ...base, saliency: "self" },
        paper: [5.9, 1.3, 2.2, 2.2, 5.1, 7.3],
      },
      { name: "dino", title: "saliency of DINO", config: base, paper: PAPER_BEST },
    ],
    directions: [
      { text: "DINO's saliency above MAE's", metric: "AP", better: "dino", worse: ["self"] },
      { text: "MAE's saliency above none", metric: "AP", better: "self", worse: ["none"] },
      {
        text: "no saliency above MAE's in recall",
        metric: "AR100",
        better: "none",
        worse: ["self"],
      },
      {
        text: "DINO's saliency above none in recall",
        metric: "AR100",
        better: "dino",
        worse: ["none"],
      },
    ],
    doubts: [],
  }),
  table6: (base) => ({
    name: "table6",
    title: "Table 6: whether clusters are split into their pieces",
    metrics: PRECISION_RECALL,
    rows: [
      {
        name: "off",
        title: "without the component split",
        config: { ...base, split: false },
        paper: [7.2, 2.5, 3.3, 3.4, 6.4, 9.6],
      },
      { name: "on", title: "with it", config: base, paper: PAPER_BEST },
    ],
    directions: ["AP", "AR100"].map((metric) => ({
      text: "with the split above without",
      metric,
      better: "on",
      worse: ["off"],
    })),
    doubts: [
      "The paper's row without the split equals its MoCo-v3 row of Table 2 in all six numbers, " +
      "although features and steps differ: one of the two is a copying error.",
    ],
  }),
  table7: (base) => ({
    name: "table7",
    title: "Table 7: which segmenter learns from the proposals",
    metrics: PRECISION_RECALL,
    rows: [
      {
        name: "mask-rcnn",
        title: "Mask R-CNN",
        config: null,
        missing: "not implemented",
        paper: [6.8, 1.8, 2.7, 2.2, 7.3, 11.9],
      },
      { name: "solov2", title: "SOLOv2", config: base, paper: PAPER_BEST },
    ],
    directions: [
      { text: "SOLOv2 above Mask R-CNN", metric: "AP", better: "solov2", worse: ["mask-rcnn"] },
    ],
    doubts: [],
  }),
};

/** A name of files for a configuration: the same for the rows of all tables that share it. */
export function slugOf({ model, k, saliency, split }: RowConfig, { sha256 }: StudyModel): string {
  const name = model.replaceAll(/[^\w.-]+/g, "_").slice(-40);
  return [name, sha256.slice(0, 8), `k${k.join("")}`, saliency, split ? "split" : "whole"]
    .filter((part) => part !== "").join("-");
}

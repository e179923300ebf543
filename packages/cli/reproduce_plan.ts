import { usage } from "./args.ts";
import { COMMANDS } from "./commands.ts";
import type { FlagSet, ReproduceValues, ValuesOf } from "./flags.ts";
import type { Identity } from "./identity.ts";
import { HELD_OUT_SEED } from "./reproduce_data.ts";
import { findStudyModel, type StudyModel } from "./reproduce_models.ts";
import {
  ABLATED_MODEL,
  type Row,
  type RowConfig,
  slugOf,
  type Table,
  TABLE_2_MODELS,
  type TableName,
  tableOf,
} from "./reproduce_rows.ts";
import { resolveFlags } from "./settings.ts";
import { TRAIN_FLAGS, type TrainValues } from "./train_flags.ts";
import { TRAIN_DEFAULTS } from "./train_presets.ts";
import { centreIdentity } from "./train_plan.ts";
import { settingsIdentity, trainSettings } from "./train_settings.ts";
import type { TuneMode } from "./tune_first_use.ts";
import { VERSION } from "./version.ts";

/** A row that can be computed. */
export interface PlannedRow extends Row {
  readonly config: RowConfig;
  readonly extractor: StudyModel;
  /** Its folder. */
  readonly slug: string;
}

/** How many scenes there are. */
export interface SceneCounts {
  /** To learn from, */
  readonly training: number;
  /** and to be judged by. */
  readonly heldOut: number;
}

/** A table before it is made: everything that its command line decides. */
export interface TablePlan {
  readonly args: readonly string[];
  readonly table: Table;
  /** All rows that can be computed, */
  readonly rows: readonly PlannedRow[];
  /** and which of them are asked for. */
  readonly wanted: ReadonlySet<PlannedRow>;
  readonly folder: string;
  readonly scenes: SceneCounts;
  /** Of the segmenters: flags of `train`, steps and seed among them. */
  readonly train: TrainValues;
  readonly steps: number;
  readonly seed: number;
  /** As `--resize` of the proposals; `auto` makes grids of 24 × 24 patches. */
  readonly resize: string;
  readonly memory: string;
  readonly tune: TuneMode;
  readonly maxPixels: number;
  /** What all rows of the folder have in common. */
  readonly recipe: Identity;
}

/** Pixels of a scene's side. */
export const SCENE_SIZE = 128;

/** Place of the first training scene of the held-out ones' seed: none is both. */
export const FIRST_TRAINING_SCENE = 100_001;

const DEFAULTS = { training: 150, heldOut: 100, out: "runs/tables" } as const;

/** Flags that say something of one kind of table alone. */
const OF_TABLE_1 = ["data", "pictures"] as const;
const OF_OTHERS = ["scenes", "held-out", "steps", "rows", "seed", "train", "dry-run"] as const;

/**
 * Refuses flags of the other kind of table.
 *
 * @throws {CliError} exit 2.
 */
export function expectFlagsOf(what: "table1" | TableName, values: ReproduceValues): void {
  const [names, fits] = what === "table1"
    ? [OF_OTHERS, "tables 2 and 4 to 7"] as const
    : [OF_TABLE_1, "table1"] as const;
  for (const name of names) {
    if (values[name] === undefined || values[name] === false) continue;
    throw usage(`--${name} is for ${fits}`, `reproduce ${what} --${name}`, "leave it out");
  }
}

/**
 * Finds the models and says which rows there are to compute.
 *
 * @throws {CliError} exit 2 or 4.
 */
export async function planTable(
  name: TableName,
  values: ReproduceValues,
  args: readonly string[],
): Promise<TablePlan> {
  const models = await findModels(
    values.models ?? (name === "table2" ? TABLE_2_MODELS : ABLATED_MODEL),
  );
  const table = tableOf(name, models);
  const rows = table.rows.flatMap((row): PlannedRow[] => {
    if (row.config === null) return [];
    const extractor = models.find(({ name }) => name === row.config!.model)!;
    return [{ ...row, config: row.config, extractor, slug: slugOf(row.config, extractor) }];
  });
  const scenes = {
    training: values.scenes ?? DEFAULTS.training,
    heldOut: values["held-out"] ?? DEFAULTS.heldOut,
  };
  const train = await trainValues(values);
  const settings = trainSettings(train, train.preset!);
  const { steps, seed, ...common } = settingsIdentity(settings);
  return {
    args,
    table,
    rows,
    wanted: new Set(wantedRows(values.rows, table, rows)),
    folder: values.out ?? DEFAULTS.out,
    scenes,
    train,
    steps: steps as number,
    seed: seed as number,
    resize: values.resize,
    memory: values.memory,
    tune: values.tune,
    maxPixels: values["max-pixels"],
    recipe: {
      version: VERSION,
      "scene seed": HELD_OUT_SEED,
      "scene size": SCENE_SIZE,
      scenes: scenes.training,
      "held-out": scenes.heldOut,
      resize: values.resize,
      backbone: train.backbone ?? TRAIN_DEFAULTS[train.preset!].backbone,
      ...centreIdentity(train),
      rounds: train.rounds,
      ...common,
    },
  };
}

async function findModels(list: string): Promise<StudyModel[]> {
  const items = list.split(",").map((item) => item.trim()).filter((item) => item !== "");
  if (items.length === 0) {
    throw usage("the list is empty", `--models ${list}`, "name one or more");
  }
  const models: StudyModel[] = [];
  for (const item of items) {
    const model = await findStudyModel(item);
    if (model.variant) {
      throw usage("a centring not a model's own is for table1", `--models ${item}`, "leave it out");
    }
    if (models.some(({ name }) => name === model.name)) {
      throw usage(`${model.name} is there twice`, `--models ${list}`, "name each once");
    }
    models.push(model);
  }
  return models;
}

function wantedRows(
  list: string | undefined,
  { rows: all }: Table,
  rows: readonly PlannedRow[],
): readonly PlannedRow[] {
  if (list === undefined) return rows;
  return list.split(",").map((word) => word.trim()).map((word) => {
    const found = rows.find(({ name }) => name === word);
    if (found) return found;
    const missing = all.find(({ name }) => name === word)?.missing;
    const names = rows.map(({ name }) => name).join(", ");
    const what = missing ? `the row ${word} is ${missing}` : `there is no row "${word}"`;
    throw usage(what, `--rows ${list}`, `rows: ${names}`);
  });
}

/** Flags of `train`: of the file that `--train` names, with steps and seed over them. */
async function trainValues(values: ReproduceValues): Promise<TrainValues> {
  const { train: config, steps, seed, memory, tune } = values;
  const given = { config, steps, seed, memory, tune };
  const all = await valuesOf("train", TRAIN_FLAGS, given);
  return { ...all, preset: all.preset ?? "tiny" };
}

/** Values of a command's flags: those given, else of a config file, else the defaults. */
export function valuesOf<F extends FlagSet>(
  command: string,
  flags: F,
  given: Readonly<Record<string, unknown>>,
): Promise<ValuesOf<F>> {
  const row = COMMANDS.find(({ name }) => name === command)!;
  return resolveFlags(flags, { command: row, operands: [], given }, readConfig);
}

async function readConfig(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const advice = 'give a JSON file of flags of `train`, such as {"width": 16}';
    throw usage(`the file cannot be read: ${(error as Error).message}`, `--train ${path}`, advice);
  }
}

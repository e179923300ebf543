/** `export`: instances in the formats of other tools. */
import {
  type Instances,
  type LabelMap,
  labelNames,
  labelStudioConfig,
  labelStudioTask,
  truthJson,
  truthOfInstances,
  vocMaps,
  vocPalette,
  yoloConfig,
  yoloLabels,
} from "@fiedler/data";
import { encodePng } from "@fiedler/io";
import { usage } from "./args.ts";
import { expectOut } from "./data_convert.ts";
import { dataErrors } from "./data_errors.ts";
import type { Disk } from "./disk.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { EXPORT_FLAGS, type ValuesOf } from "./flags.ts";
import { readInstances } from "./interchange_source.ts";
import { join } from "./paths.ts";
import type { World } from "./run.ts";

type ExportValues = ValuesOf<typeof EXPORT_FLAGS>;

/** What was written, and what the format has no place for, one line each. */
interface Written {
  readonly files: readonly string[];
  readonly lost: readonly string[];
}

/**
 * Writes the instances of a run, of ground truth or of results in another tool's format.
 *
 * @throws {CliError} exit 2 for a wrong command line, 3 for a file that is not as it should be, 5
 * when nothing can be written.
 */
export async function exportInstances(
  source: string,
  values: ExportValues,
  { out, disk }: Pick<World, "out" | "disk">,
): Promise<ExitCode> {
  const { format, force, like } = values;
  if (format === undefined) {
    const formats = EXPORT_FLAGS.format.placeholder.replaceAll("|", ", ");
    throw usage(
      "--format is needed",
      `fiedler export ${source}`,
      `write --format, one of ${formats}`,
    );
  }
  const path = await expectOut(values.out, force, `fiedler export ${source}`);
  return await dataErrors(async () => {
    const instances = await readInstances(source, like);
    const { files, lost } = await WRITERS[format](instances, path, values, disk);
    const pictures = instances.pictures.length;
    const count = instances.pictures.reduce((sum, { annotations }) => sum + annotations.length, 0);
    out.event({ event: "exported", format, path, pictures, instances: count, lost });
    out.print(`${pictures} pictures, ${count} instances\n${files.map((f) => `  ${f}`).join("\n")}`);
    for (const line of lost) out.note(`lost: ${line}`);
    return EXIT.ok;
  });
}

type Writer = (
  instances: Instances,
  path: string,
  values: ExportValues,
  disk: Disk,
) => Promise<Written>;

const WRITERS: Readonly<Record<NonNullable<ExportValues["format"]>, Writer>> = {
  "coco": writeCoco,
  "label-studio": writeLabelStudio,
  "yolo-seg": writeYolo,
  "voc-png": writeVoc,
};

async function writeCoco(
  instances: Instances,
  path: string,
  _: ExportValues,
  disk: Disk,
): Promise<Written> {
  await disk.writeWhole(path, truthJson(truthOfInstances(instances), "written by fiedler export"));
  return { files: [path], lost: [] };
}

async function writeLabelStudio(
  { pictures, categories }: Instances,
  folder: string,
  { shape, as, prefix }: ExportValues,
  disk: Disk,
): Promise<Written> {
  const [tasks, config] = ["tasks.json", "labels.xml"].map((name) => join(folder, name));
  async function* text() {
    let separator = "[\n";
    for (const picture of pictures) {
      yield separator + JSON.stringify(labelStudioTask(picture, categories, { shape, as, prefix }));
      separator = ",\n";
    }
    yield separator === "[\n" ? "[]\n" : "\n]\n";
  }
  await disk.writeWhole(tasks, text());
  await disk.writeWhole(config, labelStudioConfig(categories));
  return { files: [tasks, config], lost: [] };
}

async function writeYolo(
  { pictures, categories }: Instances,
  folder: string,
  _: ExportValues,
  disk: Disk,
): Promise<Written> {
  const names = labelNames(pictures.map(({ image }) => image));
  const total = { crowds: 0, empty: 0, scores: 0 };
  for (const [i, picture] of pictures.entries()) {
    const { text, crowds, empty } = yoloLabels(picture, categories);
    total.crowds += crowds;
    total.empty += empty;
    total.scores += picture.annotations.filter(({ score }) => score !== undefined).length;
    await disk.writeWhole(join(folder, "labels", `${names[i]}.txt`), text);
  }
  const config = join(folder, "data.yaml");
  await disk.writeWhole(config, yoloConfig(categories));
  return {
    files: [join(folder, "labels"), config],
    lost: [
      lostLine(total.crowds, "crowd regions"),
      lostLine(total.empty, "masks without a pixel"),
      lostLine(total.scores, "scores"),
    ].flat(),
  };
}

async function writeVoc(
  { pictures, categories }: Instances,
  folder: string,
  _: ExportValues,
  disk: Disk,
): Promise<Written> {
  const names = labelNames(pictures.map(({ image }) => image));
  const total = { lost: 0, overlapped: 0, scores: 0 };
  const palette = vocPalette();
  for (const [i, picture] of pictures.entries()) {
    const { objects, classes, lost, overlapped } = vocMaps(picture, categories);
    total.lost += lost;
    total.overlapped += overlapped;
    total.scores += picture.annotations.filter(({ score }) => score !== undefined).length;
    const write = (to: string, map: LabelMap) =>
      disk.writeWhole(join(folder, to, `${names[i]}.png`), encodePng({ ...map, palette }));
    await write("SegmentationObject", objects);
    await write("SegmentationClass", classes);
  }
  const list = join(folder, "labels.txt");
  const byId = [...categories].sort((a, b) => a.id - b.id);
  await disk.writeWhole(list, byId.map(({ name }) => `${name}\n`).join(""));
  return {
    files: [...["SegmentationObject", "SegmentationClass"].map((to) => join(folder, to)), list],
    lost: [
      lostLine(total.overlapped, "pixels of masks under better ones"),
      lostLine(total.lost, "masks of which no pixel is left, or beyond the 254th of a picture"),
      lostLine(total.scores, "scores, but for their order"),
    ].flat(),
  };
}

const lostLine = (count: number, what: string): string[] => count === 0 ? [] : [`${count} ${what}`];

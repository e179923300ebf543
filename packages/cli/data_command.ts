/** `data`: what data sets there are, and whether a local copy of one is whole. */
import { DATA_SETS, type DataSetInfo, findDataSet } from "@fiedler/data";
import { usage } from "./args.ts";
import { convertDataSet, writePictureList } from "./data_convert.ts";
import { dataErrors } from "./data_errors.ts";
import { fetchDataSet } from "./data_fetch.ts";
import { verifyDataSet } from "./data_verify.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import type { FetchWorld } from "./fetch_file.ts";
import type { DATA_FLAGS, ValuesOf } from "./flags.ts";
import { suggest } from "./suggest.ts";
import { table } from "./table.ts";

/** What `data` can be asked for. */
const VERBS = ["list", "info", "verify", "pictures", "convert", "fetch"] as const;

/** Values of the flags of `data`. */
export type DataValues = ValuesOf<typeof DATA_FLAGS>;

/**
 * Runs `fiedler data [VERB [NAME [DIR]]]`.
 *
 * @throws {CliError} exit 2 for a wrong command line, 3 for a data set that is not whole or not as
 * it should be, 5 when nothing can be written, 75 when the network fails.
 */
export async function data(
  [verb = "list", name, folder]: readonly string[],
  values: DataValues,
  world: FetchWorld,
): Promise<ExitCode> {
  checkOperands(verb, name, folder);
  if (verb === "list") return list(world);
  const info = infoOf(name);
  if (verb === "info") return describe(info, world);
  const dir = await expectFolder(folder, verb);
  return await dataErrors(async () => {
    switch (verb) {
      case "verify":
        return await verifyDataSet(info, dir, values.deep, world);
      case "pictures":
        return await writePictureList(info, dir, values, world);
      case "convert":
        return await convertDataSet(info, dir, values, world);
      default:
        return await fetchDataSet(info, dir, world);
    }
  });
}

function checkOperands(verb: string, name: string | undefined, folder: string | undefined): void {
  const where = `fiedler data ${verb}`;
  if (!(VERBS as readonly string[]).includes(verb)) {
    const near = suggest(verb, VERBS);
    const hint = near ? `, did you mean "${near}"?` : "";
    throw usage(`data cannot "${verb}"${hint}`, where, `choose one of ${VERBS.join(", ")}`);
  }
  if (verb === "list" && name !== undefined) {
    throw usage("list takes no name", where, `write \`fiedler data info ${name}\``);
  }
  if (verb !== "list" && name === undefined) {
    throw usage(`${verb} needs a name`, where, `write \`${where} NAME\`; see \`fiedler data\``);
  }
  const needsFolder = verb !== "list" && verb !== "info";
  if (needsFolder === (folder === undefined)) {
    throw usage(
      needsFolder ? `${verb} needs the folder of the data set` : `${verb} takes no folder`,
      `${where} ${name}`,
      needsFolder ? `write \`${where} ${name} DIR\`` : `write \`${where} ${name}\``,
    );
  }
}

function infoOf(name: string): DataSetInfo {
  const info = findDataSet(name);
  if (info !== null) return info;
  const near = suggest(name, DATA_SETS.map((known) => known.name));
  throw usage(
    `no data set is known as "${name}"` + (near ? `, did you mean ${near}?` : ""),
    name,
    "see `fiedler data`; any folder of pictures goes by the name `folder`",
  );
}

/** The folder of a data set, which `fetch` may make. */
async function expectFolder(folder: string, verb: string): Promise<string> {
  const info = await Deno.stat(folder).catch(() => null);
  if (info?.isDirectory || (verb === "fetch" && info === null)) return folder;
  throw usage("there is no such folder", folder, "give the folder that the data set is in");
}

function list({ out }: FetchWorld): ExitCode {
  const rows: string[][] = [["name", "what", "pictures", "to download"]];
  for (const info of DATA_SETS) {
    out.event({ event: "data", ...info });
    rows.push([info.name, info.title, `${info.pictures ?? ""}`, sizeOf(info)]);
  }
  out.print(
    `${table(rows)}\n\n` +
      "`fiedler data info NAME` tells terms, sources and layout; `fiedler data verify NAME DIR`\n" +
      "whether a copy is whole; `fiedler data fetch NAME DIR` downloads the archives.",
  );
  return EXIT.ok;
}

function sizeOf({ archives }: DataSetInfo): string {
  if (archives.length === 0) return "";
  if (archives.some(({ bytes }) => bytes === null)) return "size unknown";
  const gigabytes = archives.reduce((sum, { bytes }) => sum + bytes!, 0) / 1e9;
  return `${gigabytes < 10 ? gigabytes.toFixed(1) : Math.round(gigabytes)} GB`;
}

/** How a layout looks in its folder, a line a file or folder. */
function layoutLines({ layout, pictures }: DataSetInfo): string[] {
  const count = pictures === null ? "" : ` (${pictures} pictures)`;
  switch (layout.kind) {
    case "coco":
      return [
        `DIR/${layout.annotations[0]}`,
        ...(layout.list ? [`DIR/${layout.list}`] : []),
        `DIR/${layout.pictures[0]}/${layout.list ? "" : count}`,
      ];
    case "voc": {
      const root = `DIR/VOCdevkit/${layout.release}`;
      const masks = ["SegmentationObject/*.png", "SegmentationClass/*.png"];
      return [
        `${root}/ImageSets/${layout.set}.txt${count}`,
        `${root}/JPEGImages/*.jpg`,
        `${root}/Annotations/*.xml`,
        ...(layout.truth === "masks" ? masks.map((part) => `${root}/${part}`) : []),
      ];
    }
    case "pictures":
      return [`DIR/${layout.pictures[0]}/${count}`];
    case "folder":
      return [
        "DIR/images/, or the pictures in DIR itself",
        "DIR/instances.json, where there is one",
      ];
  }
}

function describe(info: DataSetInfo, { out }: FetchWorld): ExitCode {
  out.event({ event: "data", ...info });
  const lines: (readonly [string, string])[] = [
    ["what", info.title],
    [
      "size",
      [
        info.pictures === null ? "" : `${info.pictures} pictures`,
        info.annotations === null ? "" : `${info.annotations} annotations`,
      ].filter((part) => part !== "").join(", "),
    ],
    ["page", info.page],
    ["terms", info.terms],
    ...info.archives.flatMap(({ url, bytes, sha256 }) => [
      ["from", url] as const,
      [
        "",
        bytes === null ? "length and hash not known" : `${bytes} bytes, SHA-256 ${sha256}`,
      ] as const,
    ]),
    ...info.steps.map((step, i) => [i === 0 ? "then" : "", step] as const),
    ...layoutLines(info).map((line, i) => [i === 0 ? "layout" : "", line] as const),
    ["note", info.note],
  ];
  const shown = lines.filter(([, value]) => value !== "");
  out.print(
    [info.name, ...shown.map(([head, value]) => `  ${head.padEnd(8)}${value}`)].join("\n"),
  );
  return EXIT.ok;
}

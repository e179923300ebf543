/** `scenes`: generated, labelled pictures in COCO's layout. */
import { encodeRle, rleToString } from "@fiedler/coco";
import { encodePng } from "@fiedler/io";
import {
  GENERATOR,
  makeScene,
  SCENE_CATEGORIES,
  type SceneInstance,
  sceneInstances,
} from "@fiedler/scenes";
import { usage } from "./args.ts";
import { type Disk, exists } from "./disk.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import type { ScenesValues } from "./flags.ts";
import { lockFile } from "./lock.ts";
import { join } from "./paths.ts";
import { Progress, seconds } from "./progress.ts";
import type { World } from "./run.ts";
import { checkStop } from "./stop.ts";
import { plural } from "./summary.ts";

/** What the pictures of one folder depend on. */
interface Recipe {
  /** Of the pictures: raised whenever one changes. */
  readonly generator: number;
  readonly mode: ScenesValues["mode"];
  readonly size: number;
  readonly seed: number;
  readonly count: number;
  /** Number of the first one, where that is not 1. */
  readonly first?: number;
}

/**
 * Writes `images/000001.png`, … and `instances.json` into a folder. Pictures that are there stay,
 * and only their masks are made again, so the same command goes on where it stopped.
 *
 * @throws {CliError} exit 2 when the folder holds something else, 75 when another process has it.
 */
export async function writeScenes(
  folder: string,
  { mode, size, seed, count, first }: Omit<ScenesValues, "json" | "quiet">,
  { out, disk, stop }: Pick<World, "out" | "disk" | "stop">,
): Promise<ExitCode> {
  const recipe: Recipe = {
    ...{ generator: GENERATOR, mode, size, seed, count },
    ...(first === 1 ? {} : { first }),
  };
  using _lock = await lockFile(disk, join(folder, "lock"), {
    what: "another process is making scenes in this folder",
    where: folder,
    advice: "wait for it to end, or use another folder",
  });
  await claimFolder(disk, folder, recipe);
  const images = join(folder, "images");
  await disk.makeFolder(images);
  const there = new Set(await Array.fromAsync(Deno.readDir(images), ({ name }) => name));
  const started = performance.now();
  const before = Math.min(count, there.size);
  if (before > 0) out.note(`resuming  ${before} of ${count} are done`);
  const progress = new Progress(out, count, before, () => performance.now());
  const annotations: string[] = [];
  for (let i = 0; i < count; i++) {
    const index = first - 1 + i;
    const name = fileName(index);
    const made = there.has(name)
      ? { instances: sceneInstances({ seed, index, mode, size }) }
      : makeScene({ seed, index, mode, size });
    if ("data" in made) await disk.writeWhole(join(images, name), encodePng(made));
    for (const instance of made.instances) {
      annotations.push(annotation(annotations.length + 1, index + 1, instance, size));
    }
    if ("data" in made) progress.advance(1);
    checkStop(stop, `${folder}, ${i + 1} of ${count} done`);
  }
  progress.end();
  const truth = join(folder, "instances.json");
  await disk.writeWhole(truth, instancesFile(recipe, annotations));
  const wallMs = performance.now() - started;
  const instances = annotations.length;
  out.event({ event: "end", pictures: count, instances, wallMs, folder, truth });
  out.print(
    `${plural(count, "scene")}, ${plural(instances, "object")}, ${seconds(wallMs / 1000)}\n` +
      `pictures  ${images}\ntruth     ${truth}`,
  );
  return EXIT.ok;
}

/** The number in the name is the COCO image id, as of COCO's own files. */
const fileName = (index: number): string => `${String(index + 1).padStart(6, "0")}.png`;

/**
 * Marks a folder as holding scenes of one recipe.
 *
 * @throws {CliError} exit 2 when it holds others, or other pictures.
 */
async function claimFolder(disk: Disk, folder: string, recipe: Recipe): Promise<void> {
  const path = join(folder, "scenes.json");
  const text = `${JSON.stringify(recipe, null, 2)}\n`;
  if (!await exists(path)) {
    for (const name of ["images", "instances.json"]) {
      if (!await exists(join(folder, name))) continue;
      throw usage("the folder holds files of something else", join(folder, name), "choose another");
    }
    return await disk.writeWhole(path, text);
  }
  if (await Deno.readTextFile(path) === text) {
    await disk.sweep(folder);
    return;
  }
  throw usage(
    "the folder holds scenes of other settings",
    path,
    "compare the file with your command, and choose another folder",
  );
}

/** One line of the ground truth. */
function annotation(id: number, imageId: number, instance: SceneInstance, size: number): string {
  const { category, mask, bbox, area } = instance;
  const counts = rleToString(encodeRle(mask, size, size));
  return JSON.stringify({
    id,
    image_id: imageId,
    category_id: category + 1,
    segmentation: { size: [size, size], counts },
    area,
    bbox,
    iscrowd: 0,
  });
}

/** COCO's ground truth, one picture or object a line. */
async function* instancesFile(
  { count, size, mode, seed, generator, first = 1 }: Recipe,
  annotations: readonly string[],
): AsyncIterable<string> {
  const description =
    `Fiedler scenes: mode ${mode}, ${size} px, seed ${seed}, generator ${generator}`;
  yield `{\n"info": ${JSON.stringify({ description })},\n"licenses": [],\n"images": [\n`;
  for (let i = 0; i < count; i++) {
    const index = first - 1 + i;
    const image = { id: index + 1, file_name: fileName(index), width: size, height: size };
    yield `${JSON.stringify(image)}${i + 1 < count ? "," : ""}\n`;
  }
  yield `],\n"annotations": [\n`;
  for (const [i, line] of annotations.entries()) {
    yield `${line}${i + 1 < annotations.length ? "," : ""}\n`;
  }
  const categories = SCENE_CATEGORIES.map((name, i) => ({ id: i + 1, name, supercategory: "toy" }));
  yield `],\n"categories": ${JSON.stringify(categories)}\n}\n`;
}

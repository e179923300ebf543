import { writeNpy } from "@fiedler/io";
import type { OnnxOptions } from "@fiedler/onnx";
import { MOST_PATCHES } from "@fiedler/pipeline";
import { usage } from "./args.ts";
import { batches, type BatchItem } from "./batches.ts";
import { type Disk, exists } from "./disk.ts";
import type { SkipRecord, Weights } from "./engine.ts";
import { CliError, EXIT, type ExitCode } from "./exit.ts";
import { FeatureEngine } from "./feature_engine.ts";
import type { ExtractValues } from "./flags.ts";
import { findInputs, type Inputs, outputNames } from "./inputs.ts";
import { takeLock } from "./lock.ts";
import { onnxOptions } from "./onnx_options.ts";
import { join } from "./paths.ts";
import type { PictureDesk } from "./pool.ts";
import type { Prepared } from "./prepare.ts";
import { Progress, seconds } from "./progress.ts";
import type { World } from "./run.ts";
import { checkStop } from "./stop.ts";
import { aboutModel, adapterLine, notPicturesLine, plural } from "./summary.ts";
import { tuningRule } from "./tune_first_use.ts";
import { VERSION } from "./version.ts";
import { findModel, isCentred, resizeRule } from "./weights.ts";

/** What all files of one folder of features have in common. */
interface Recipe {
  readonly version: string;
  readonly model: string;
  /** The model in words, and which of the file's encoders it is. */
  readonly network: string;
  readonly encoder: string;
  readonly heads: number | null;
  /** Of a ResNet. */
  readonly dilated: boolean;
  readonly enlarged: number;
  /** How an ONNX graph was run; undefined for models that are known. */
  readonly onnx?: OnnxOptions;
  /** SHA-256 of the weights file. */
  readonly hash: string;
  /** Whether the features of a flat grey picture were subtracted. */
  readonly centred: boolean;
  readonly facet: string;
  readonly layer: number;
  readonly resize: string;
}

/**
 * `features`: for each picture `NAME.npy`, f32 `[patches, dim]`, and `NAME.json`. Pictures whose
 * `NAME.json` is there are done: the same command again goes on.
 */
export async function extractFeatures(
  operands: readonly string[],
  values: ExtractValues,
  world: World,
): Promise<ExitCode> {
  const { out } = world;
  if (values.out === undefined) {
    throw usage("features needs --out DIR", "fiedler features", "say where the files go");
  }
  const inputs = await findInputs(operands, { recursive: values.recursive });
  const weights = await chooseWeights(values);
  const centred = isCentred(values.center, weights);
  const { facet, layer } = values;
  const tuning = tuningRule(values.tune, world);
  using engine = await FeatureEngine.open({ weights, facet, layer, centred, tuning });
  if (engine.layer >= engine.depth) {
    const blocks = `${weights.name} has blocks 0 to ${engine.depth - 1}`;
    throw usage(`there is no block ${layer}`, `--layer ${layer}`, blocks);
  }
  out.note(`GPU       ${adapterLine(engine.gpu.adapter)}`);
  out.note(`model     ${weights.name}`);
  for (const line of aboutModel(weights, values.center)) out.note(line);
  const recipe: Recipe = {
    version: VERSION,
    model: weights.name,
    network: weights.title,
    encoder: weights.encoder,
    heads: weights.hints.heads ?? null,
    dilated: weights.hints.dilate ?? false,
    enlarged: weights.hints.enlarge ?? 1,
    onnx: weights.onnx,
    hash: weights.sha256,
    centred,
    facet,
    layer: engine.layer,
    resize: resizeRule(values.resize, weights),
  };
  using _lock = await takeLock(world.disk, values.out);
  await claimFolder(world.disk, values.out, recipe);
  return await new Extraction(values.out, values, inputs, recipe, engine, world).execute();
}

/** The file that `--weights` gives, or the one that `--model` names. */
async function chooseWeights(values: ExtractValues): Promise<Weights> {
  const { weights, model, encoder, heads, "dilate-layer4": dilate, enlarge } = values;
  const hints = { encoder, heads, dilate, enlarge: enlarge === "2" ? 2 : 1 } as const;
  const how = { hints, onnx: onnxOptions(values) };
  return weights === undefined || model !== undefined
    ? await findModel({ nameOrFile: model ?? "mae-tiny", flag: "model", file: weights, ...how })
    : await findModel({ nameOrFile: weights, flag: "weights", ...how });
}

/**
 * Marks a folder as holding features made in one way.
 *
 * @throws {CliError} exit 2 when they are made in another way.
 */
async function claimFolder(disk: Disk, folder: string, recipe: Recipe): Promise<void> {
  const path = join(folder, "recipe.json");
  const text = `${JSON.stringify(recipe, null, 2)}\n`;
  if (!await exists(path)) return await disk.writeWhole(path, text);
  if (await Deno.readTextFile(path) === text) {
    await disk.sweep(folder);
    return;
  }
  throw usage(
    "the folder holds features of another model or other options",
    path,
    "compare the file with your command, and choose another folder with --out DIR",
  );
}

/** One process's work on a folder of features. */
class Extraction {
  #started = performance.now();
  #names: readonly string[];
  #done = 0;
  #skips: SkipRecord[] = [];

  constructor(
    private readonly folder: string,
    private readonly values: ExtractValues,
    private readonly inputs: Inputs,
    private readonly recipe: Recipe,
    private readonly engine: FeatureEngine,
    private readonly world: World,
  ) {
    this.#names = outputNames(inputs.pictures.map(({ image }) => image));
  }

  async execute(): Promise<ExitCode> {
    const { inputs: { pictures }, world: { out, openDesk, stop }, values } = this;
    const there = await Promise.all(this.#names.map((name) => exists(this.#path(name, "json"))));
    const indices = pictures.flatMap((_, i) => there[i] ? [] : i);
    const before = pictures.length - indices.length;
    if (before > 0) out.note(`resuming  ${before} of ${pictures.length} are done`);
    using desk = openDesk();
    const progress = new Progress(out, pictures.length, before, () => performance.now());
    const size = values.batch || (this.engine.gpu.adapter.software ? 2 : 16);
    for await (const batch of batches(indices, size, (index) => this.#prepare(desk, index))) {
      await this.#batch(batch);
      progress.advance(batch.length);
      checkStop(stop, `${this.folder}, ${before + this.#done} of ${pictures.length} done`);
    }
    progress.end();
    return this.#summarise(before);
  }

  #path(name: string, extension: string): string {
    return join(this.folder, `${name}.${extension}`);
  }

  #prepare(desk: PictureDesk, index: number) {
    const { path, image, id } = this.inputs.pictures[index];
    const { patch } = this.engine;
    const rule = this.recipe.resize;
    const maxPixels = this.values["max-pixels"];
    const what = {
      kind: "prepare",
      maxPatches: MOST_PATCHES,
      thumbnail: false,
      overlay: false,
    } as const;
    return desk.prepare({ ...what, path, image, id, rule, patch, maxPixels });
  }

  async #batch(batch: readonly BatchItem<Prepared>[]): Promise<void> {
    const { values, engine, world: { out } } = this;
    const ready = batch.flatMap(({ index, prepared }) => {
      if (prepared.ok) return { index, picture: prepared.picture };
      const { image, id } = this.inputs.pictures[index];
      this.#skips.push({ image, id, code: prepared.code, reason: prepared.reason });
      out.note(`skipped ${image}: ${prepared.reason}`);
      out.event({ event: "skip", image, code: prepared.code, reason: prepared.reason });
      if (values.strict) throw refused(image, prepared.reason);
      return [];
    });
    const groups = Map.groupBy(
      ready,
      ({ picture: { pixels } }) => `${pixels.width} × ${pixels.height}`,
    );
    for (const group of groups.values()) {
      const features = await engine.features(group.map(({ picture }) => picture.pixels));
      for (const [i, { index, picture }] of group.entries()) {
        await this.#write(index, picture, features[i]);
      }
    }
    this.#done += ready.length;
  }

  /** The array first: its description says that it is there. */
  async #write(
    index: number,
    { image, sha256, size, resized, pixels }: Extract<Prepared, { ok: true }>["picture"],
    data: Float32Array<ArrayBuffer>,
  ): Promise<void> {
    const { engine: { patch, dim }, world: { disk }, recipe } = this;
    const grid = [pixels.height / patch, pixels.width / patch];
    const crop = [pixels.height, pixels.width];
    const array = writeNpy({ dtype: "f4", shape: [grid[0] * grid[1], dim], data });
    await disk.writeWhole(this.#path(this.#names[index], "npy"), array);
    const about = { image, sha256, size, resized, crop, grid, patch, dim, ...recipe };
    await disk.writeWhole(
      this.#path(this.#names[index], "json"),
      `${JSON.stringify(about, null, 2)}\n`,
    );
  }

  #summarise(before: number): ExitCode {
    const { folder, inputs: { notPictures }, world: { out } } = this;
    const wallMs = performance.now() - this.#started;
    const pictures = before + this.#done;
    const skipped = this.#skips.length;
    if (pictures === 0) throw refused(this.#skips[0].image, this.#skips[0].reason);
    out.event({ event: "end", pictures, skipped, wallMs, folder });
    const others = notPicturesLine(notPictures);
    const left = skipped > 0 ? `, ${skipped} skipped` : "";
    out.print(
      `features of ${plural(pictures, "picture")}${left}, ${seconds(wallMs / 1000)}\n` +
        `${others ? `${others}\n` : ""}files   ${folder}`,
    );
    return EXIT.ok;
  }
}

const refused = (image: string, reason: string) =>
  new CliError(EXIT.input, reason, image, "repair or remove the picture");

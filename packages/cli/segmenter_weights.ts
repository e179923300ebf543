import type { Gpu } from "@fiedler/gpu";
import { findWeights, RELEASE_IDS, type ReleaseId } from "@fiedler/models";
import {
  loadNetwork,
  type MapSource,
  mapSource,
  type Network,
  type SegmenterConfig,
  type SegmenterFile,
} from "@fiedler/segmenter";
import { usage } from "./args.ts";
import type { Weights } from "./engine.ts";
import { exists } from "./disk.ts";
import { CliError, EXIT } from "./exit.ts";
import { hashFile } from "./hash_file.ts";
import { basename, dirname, join, resolve, SEGMENTERS } from "./paths.ts";
import { inspectAdvice, openSegmenter, TRAINED, unusableSegmenter } from "./segmenter_open.ts";
import { suggest } from "./suggest.ts";
import { findModel, openModel, unusable } from "./weights.ts";

/** A segmenter's file, its backbone found, nothing loaded yet. */
export interface SegmenterWeights {
  /** `scenes-tiny`, the name of the file, or that of its run where `train` named the file. */
  readonly name: string;
  readonly path: string;
  readonly sha256: string;
  /** In words. */
  readonly title: string;
  readonly notes: readonly string[];
  /** Terms of a published file; null for others. */
  readonly terms: string | null;
  readonly config: SegmenterConfig;
  /** Weights of the frozen backbone; null where the file has them itself. */
  readonly backbone: Weights | null;
  /** Whether grey features are subtracted from the backbone's. */
  readonly centred: boolean;
}

/** A segmenter on a GPU. */
export interface LoadedSegmenter {
  readonly source: MapSource;
  readonly network: Network;
}

/**
 * Finds a segmenter by the name of one that comes with Fiedler or as a file: one that `train` wrote,
 * or a published SOLOv2. Reads no parameter.
 *
 * @param backbone where the weights of its backbone are. Default: by the name in the file.
 * @throws {CliError} exit 2 when there is no such file or backbone, 4 when it is no segmenter.
 */
export async function findSegmenter(
  nameOrFile: string,
  backbone: string | undefined,
): Promise<SegmenterWeights> {
  const path = Object.hasOwn(SEGMENTERS, nameOrFile) ? SEGMENTERS[nameOrFile] : nameOrFile;
  await expectFile(path, nameOrFile);
  const sha256 = await hashFile(path);
  const name = path === nameOrFile ? nameOf(path) : nameOrFile;
  const about = { name, path, sha256, terms: null };
  using opened = await openSegmenter(path);
  const { own, published } = opened;
  if (published) {
    if (backbone !== undefined) {
      const advice = "leave it out";
      throw usage("the file has its own backbone", `--backbone ${backbone}`, advice);
    }
    const { title, config } = published;
    const notes = [...published.notes, ...classNotes(published.classes)];
    return { ...about, title, notes, config, backbone: null, centred: false };
  }
  const found = await findBackbone(own, path, backbone);
  return {
    ...about,
    title: `SOLOv2 on ${found.name}`,
    notes: [],
    config: own.config,
    backbone: found,
    centred: own.backbone.centred,
  };
}

/** The folder of a pipeline's training. */
const PART = "train";

/** What to call a segmenter: every training's file is called the same. */
function nameOf(path: string): string {
  if (basename(path) !== TRAINED) return basename(path).replace(/\.\w+$/, "");
  const folder = dirname(resolve(path));
  const run = basename(folder) === PART ? dirname(folder) : folder;
  return basename(run) || TRAINED; // none at the root
}

/** What a file of several classes leaves open. */
const classNotes = (classes: number): readonly string[] =>
  classes === 1 ? [] : [
    `${classes} classes, which the file does not name: category_id is a class's number, from 1, in ` +
    "the order of its training",
  ];

/**
 * Loads a segmenter and its backbone; the caller's `Gpu` owns them.
 *
 * @throws {CliError} exit 4 when a parameter is missing, surplus, odd or not finite, or the backbone has
 * no such features.
 */
export async function loadSegmenter(
  gpu: Gpu,
  { path, backbone, centred, config }: SegmenterWeights,
): Promise<LoadedSegmenter> {
  using opened = await openSegmenter(path);
  if (opened.published) {
    return await opened.published.load(gpu).catch((error) => {
      throw unusableSegmenter(path, error);
    });
  }
  using model = await openModel(backbone!);
  const { name } = backbone!;
  const loaded = await model.model.load(gpu).catch((error) => {
    throw unusable(backbone!.path, error);
  });
  try {
    const source = mapSource({ name, centred, backbone: loaded }, config.features);
    return { source, network: await loadNetwork(gpu, opened.own, source) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw unusableSegmenter(path, error);
    const what = `the segmenter does not fit its backbone: ${error.message}`;
    throw new CliError(EXIT.checkpoint, what, path, inspectAdvice(path), { cause: error });
  }
}

/** The backbone that a file names, with the hash that it says. */
async function findBackbone(
  { backbone: { name, sha256, release, encoder, heads } }: SegmenterFile,
  path: string,
  given: string | undefined,
): Promise<Weights> {
  const found = await findModel({
    nameOrFile: given ?? name,
    flag: "backbone",
    hints: {
      release: knownRelease(release, path),
      encoder,
      ...(heads === null ? {} : { heads }),
    },
  }).catch((error) => {
    // A name that is neither in the catalogue nor a file here was that of somebody's file.
    if (given !== undefined || !(error instanceof CliError && error.exit === EXIT.usage)) {
      throw error;
    }
    const advice = findWeights(name) ? error.advice : "give that file with --backbone FILE";
    throw new CliError(error.exit, `its backbone: ${error.what}`, path, advice, { cause: error });
  });
  if (found.sha256 === sha256) return found;
  throw new CliError(
    EXIT.checkpoint,
    `the segmenter was trained on another backbone: ${name} with SHA-256 ${short(sha256)}, ` +
      `got ${short(found.sha256)}`,
    path,
    "give that file with --backbone FILE",
  );
}

const short = (sha256: string): string => `${sha256.slice(0, 16)}…`;

/** @throws {CliError} exit 4 when no release is called so. */
function knownRelease(release: string, path: string): ReleaseId {
  const found = RELEASE_IDS.find((id) => id === release);
  if (found) return found;
  const what = `the segmenter's backbone is of a release that is not known here: ${release}`;
  throw new CliError(EXIT.checkpoint, what, path, "use a newer Fiedler, or another segmenter");
}

/** @throws {CliError} exit 2 when there is no such file, or it is a folder. */
async function expectFile(path: string, nameOrFile: string): Promise<void> {
  const info = await Deno.stat(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return null;
    }
    throw error;
  });
  const where = `--weights ${nameOrFile}`;
  if (info === null && path !== nameOrFile) {
    const advice = "get Fiedler whole again, or give a file with --weights FILE";
    throw usage(`the file of ${nameOrFile} is missing`, path, advice);
  }
  if (info === null) {
    const near = suggest(nameOrFile, Object.keys(SEGMENTERS));
    throw usage(
      `no such segmenter or file: ${nameOrFile}` + (near ? `, did you mean ${near}?` : ""),
      where,
      `give ${Object.keys(SEGMENTERS).join(", ")} or a file that \`fiedler train\` wrote`,
    );
  }
  if (!info.isDirectory) return;
  const inside = [[TRAINED], [PART, TRAINED]].map((names) => join(path, ...names));
  const there = await Promise.all(inside.map(exists));
  const file = inside.find((_, i) => there[i]) ?? `a ${TRAINED}`;
  throw usage("this is a folder, not a segmenter's file", where, `give ${file}`);
}

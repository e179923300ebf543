import type { Gpu } from "@fiedler/gpu";
import { openTensorFile, type TensorFile } from "@fiedler/io";
import type { ReleaseId } from "@fiedler/models";
import {
  loadNetwork,
  type MapSource,
  mapSource,
  type Network,
  readSegmenterFile,
  recogniseSegmenter,
  type SegmenterConfig,
  type SegmenterFile,
} from "@fiedler/segmenter";
import { usage } from "./args.ts";
import type { Weights } from "./engine.ts";
import { CliError, EXIT } from "./exit.ts";
import { FileSource } from "./file_source.ts";
import { hashFile } from "./hash_file.ts";
import { basename, SEGMENTERS } from "./paths.ts";
import { suggest } from "./suggest.ts";
import { expectRelease, findModel, openModel, unusable } from "./weights.ts";

/** A segmenter's file, its backbone found, nothing loaded yet. */
export interface SegmenterWeights {
  /** `scenes-tiny`, or the file's name. */
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
  const sha256 = await hashFile(path).catch((error) => {
    throw notThere(nameOrFile, error);
  });
  const name = path === nameOrFile ? basename(path).replace(/\.\w+$/, "") : nameOrFile;
  const about = { name, path, sha256, terms: null };
  using opened = await openSegmenter(path);
  const { own, published } = opened;
  if (published) {
    if (backbone !== undefined) {
      const advice = "leave it out";
      throw usage("the file has its own backbone", `--backbone ${backbone}`, advice);
    }
    const { title, notes, config } = published;
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

/** Loads a segmenter and its backbone; the caller's `Gpu` owns them. */
export async function loadSegmenter(
  gpu: Gpu,
  { path, backbone, centred, config }: SegmenterWeights,
): Promise<LoadedSegmenter> {
  using opened = await openSegmenter(path);
  try {
    if (opened.published) return await opened.published.load(gpu);
    using model = await openModel(backbone!);
    const { name, sha256 } = backbone!;
    const extractor = { name, sha256, centred, backbone: await model.model.load(gpu) };
    const source = mapSource(extractor, config.features);
    return { source, network: await loadNetwork(gpu, opened.own, source) };
  } catch (error) {
    throw unusable(path, error);
  }
}

type Opened =
  & (
    | { readonly own: SegmenterFile; readonly published: null }
    | { readonly own: null; readonly published: NonNullable<ReturnType<typeof recogniseSegmenter>> }
  )
  & Disposable;

async function openSegmenter(path: string): Promise<Opened> {
  const source = FileSource.open(path);
  try {
    const file = await openTensorFile(source);
    return { ...recognised(file), [Symbol.dispose]: () => source[Symbol.dispose]() };
  } catch (error) {
    source[Symbol.dispose]();
    throw unusable(path, error);
  }
}

function recognised(file: TensorFile) {
  const published = recogniseSegmenter(file);
  return published ? { own: null, published } : { own: readSegmenterFile(file), published: null };
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
      release: expectRelease(release) as ReleaseId,
      encoder,
      ...(heads === null ? {} : { heads }),
    },
  });
  if (found.sha256 === sha256) return found;
  throw new CliError(
    EXIT.checkpoint,
    `the segmenter was trained on another backbone: ${name} with SHA-256 ${
      sha256.slice(0, 16)
    }…, ` +
      `got ${found.sha256.slice(0, 16)}…`,
    path,
    "give that file with --backbone FILE",
  );
}

function notThere(nameOrFile: string, error: unknown): unknown {
  if (!(error instanceof Deno.errors.NotFound)) return error;
  const near = suggest(nameOrFile, Object.keys(SEGMENTERS));
  return usage(
    `no such segmenter or file: ${nameOrFile}` + (near ? `, did you mean ${near}?` : ""),
    `--weights ${nameOrFile}`,
    `give ${Object.keys(SEGMENTERS).join(", ")} or a file that \`fiedler train\` wrote`,
  );
}

import { FormatError, openTensorFile } from "@fiedler/io";
import {
  CATALOGUE,
  type CatalogueEntry,
  centredByDefault,
  CheckpointError,
  findWeights,
  type FoundModel,
  type ModelHints,
  recognise,
  RELEASE_IDS,
  type ReleaseId,
  termsOf,
} from "@fiedler/models";
import type { OnnxOptions } from "@fiedler/onnx";
import { usage } from "./args.ts";
import type { Centre, Weights } from "./engine.ts";
import { CliError, EXIT } from "./exit.ts";
import { FileSource } from "./file_source.ts";
import { hashFile } from "./hash_file.ts";
import { openGraph } from "./onnx_model.ts";
import { basename, EMBEDDED } from "./paths.ts";
import { suggest } from "./suggest.ts";
import { cachedWeights, weightsAdvice } from "./weights_cache.ts";

/**
 * Resize rule of the embedded models, and of others of ours: 32 × 48 patches for a 3 : 2 photo.
 * Enlarged pictures give better masks, and each patch more costs time squared.
 */
const OUR_RULE = "short:256";

/** The resize rule that a flag means: `auto` goes by the model. */
export const resizeRule = (rule: string, { ours }: Weights): string =>
  rule !== "auto" ? rule : ours ? OUR_RULE : "native";

/** Whether the features of a flat grey picture are subtracted: `auto` goes by the model. */
export const isCentred = (centre: Centre, { ours }: Pick<Weights, "ours">): boolean =>
  centre === "auto" ? ours : centre === "grey";

/** Which weights are meant, and how to read them. */
export interface WeightsRequest {
  /** A name of the catalogue, an embedded model, or a file; beside `file` any name to record. */
  readonly nameOrFile: string;
  /** The flag that `nameOrFile` came by, for errors. */
  readonly flag: string;
  /** The file, where `nameOrFile` only names what it is. */
  readonly file?: string;
  readonly hints?: ModelHints;
  /** An ONNX graph is run so, instead of being read as a known model. */
  readonly onnx?: OnnxOptions;
}

/**
 * Finds the weights that flags name, tells them by their content, and makes sure that they hold a
 * model; reads no parameter.
 *
 * @throws {CliError} exit 2 when there is no such model or file, 4 when it cannot be read or holds
 * no model that is known.
 */
export async function findModel(request: WeightsRequest): Promise<Weights> {
  const { nameOrFile, file, hints = {}, onnx } = request;
  const { path, release } = file === undefined
    ? await locate(request)
    : { path: file, release: releaseOf(nameOrFile) };
  const sha256 = await hashFile(path).catch((error) => {
    throw unreadable(path, request, error);
  });
  const embedded = await embeddedName(sha256);
  const published = publishedBy(sha256)?.entry ??
    (file === undefined ? findWeights(nameOrFile) : null);
  const weights = {
    name: file === undefined ? embedded ?? modelName(nameOrFile, published, path) : nameOrFile,
    path,
    sha256,
    embedded: embedded !== undefined,
    hints: {
      ...hints,
      release: hints.release ?? release ?? published?.release,
      heads: hints.heads ?? published?.heads,
    },
    terms: published && termsOf(published),
    onnx,
  };
  using opened = await openModel(weights);
  const { release: layout, title, notes, encoder, applied } = opened.model;
  const { release: named, encoder: wanted } = weights.hints;
  const used = { release: named, encoder: wanted, ...applied };
  const ours = centredByDefault(opened.model);
  return { ...weights, hints: used, release: layout, title, notes, encoder, ours };
}

/** The published checkpoint with this content, and its terms. */
export function publishedBy(sha256: string): { entry: CatalogueEntry; terms: string } | null {
  const entry = CATALOGUE.find(({ digests }) =>
    digests.some(({ algorithm, hex }) => algorithm === "sha256" && hex === sha256)
  );
  return entry ? { entry, terms: termsOf(entry) } : null;
}

/** Opens a weights file and finds the model in it. */
export async function openModel(
  { path, hints, onnx }: Pick<Weights, "path" | "hints" | "onnx">,
): Promise<{ readonly model: FoundModel } & Disposable> {
  const source = FileSource.open(path);
  try {
    const model = onnx
      ? await openGraph(source, path, onnx)
      : await knownModel(source, path, hints);
    return { model, [Symbol.dispose]: () => source[Symbol.dispose]() };
  } catch (error) {
    source[Symbol.dispose]();
    throw unusable(path, error);
  }
}

async function knownModel(
  source: FileSource,
  path: string,
  hints: ModelHints,
): Promise<FoundModel> {
  const file = await openTensorFile(source);
  try {
    return recognise(file, hints);
  } catch (error) {
    if (file.format !== "onnx" || !(error instanceof CheckpointError)) throw error;
    const advice = "to run the graph as it is, give --onnx-patch N and --onnx-output NAME";
    throw new CliError(EXIT.checkpoint, error.message, path, advice, { cause: error });
  }
}

/** An error about the content of a checkpoint, with the file's path; others as they are. */
export function unusable(path: string, error: unknown): unknown {
  if (error instanceof FormatError) {
    const advice = "check the file's hash, or download it again";
    return new CliError(EXIT.checkpoint, error.message, path, advice, { cause: error });
  }
  if (error instanceof CheckpointError) {
    const advice = `\`fiedler inspect ${path}\` lists its tensors; --model NAME says whose it is`;
    return new CliError(EXIT.checkpoint, error.message, path, advice, { cause: error });
  }
  return error;
}

/**
 * The file of an embedded model or of published weights in the cache, else the path itself.
 *
 * @throws {CliError} exit 2 when published weights are not in the cache.
 */
export async function checkpointPath(nameOrFile: string): Promise<string> {
  return (await locate({ nameOrFile, flag: "" })).path;
}

/**
 * A release by its own name or that of its weights.
 *
 * @throws {CliError} exit 2 when there is none.
 */
export function expectRelease(name: string): ReleaseId {
  const release = releaseOf(name);
  if (release) return release;
  const near = suggest(name, RELEASE_IDS);
  throw usage(
    `there is no release "${name}"` + (near ? `, did you mean ${near}?` : ""),
    `--model ${name}`,
    `choose one of ${RELEASE_IDS.join(", ")}`,
  );
}

/** Whose release a name means, of a file that is given beside it. */
function releaseOf(name: string): ReleaseId | undefined {
  return findWeights(name)?.release ?? RELEASE_IDS.find((id) => id === name);
}

/** An embedded model, a published one in the cache, or a file, in this order. */
async function locate(
  { nameOrFile, flag }: WeightsRequest,
): Promise<{ path: string; release?: ReleaseId }> {
  if (Object.hasOwn(EMBEDDED, nameOrFile)) return { path: EMBEDDED[nameOrFile] };
  const entry = findWeights(nameOrFile);
  if (entry === null) return { path: nameOrFile };
  const cached = await cachedWeights(nameOrFile);
  if (cached) return { path: cached.path, release: entry.release };
  throw usage(
    `the weights of ${entry.name} are not here`,
    flag === "" ? nameOrFile : `--${flag} ${nameOrFile}`,
    weightsAdvice(nameOrFile),
  );
}

const modelName = (nameOrFile: string, published: CatalogueEntry | null, path: string) =>
  published?.name ?? basename(nameOrFile === path ? path : nameOrFile).replace(EXTENSION, "");

const EXTENSION = /\.(safetensors|pth|pt|pth\.tar|bin|onnx)$/;

/** Which embedded model a file is a copy of, wherever it lies and whatever it is called. */
async function embeddedName(sha256: string): Promise<string | undefined> {
  for (const [name, path] of Object.entries(EMBEDDED)) {
    if (await hashFile(path) === sha256) return name;
  }
}

function unreadable(path: string, { nameOrFile, flag, file }: WeightsRequest, error: unknown) {
  if (!(error instanceof Deno.errors.NotFound)) {
    const reason = (error as Error).message;
    return new CliError(EXIT.checkpoint, "the weights cannot be read", path, reason, {
      cause: error,
    });
  }
  if (file !== undefined) {
    return usage(`no such file: ${file}`, `--weights ${file}`, "give the path of a checkpoint");
  }
  const names = [...Object.keys(EMBEDDED), ...CATALOGUE.map(({ name }) => name)];
  const near = suggest(nameOrFile, names);
  return usage(
    `no such model or file: ${nameOrFile}` + (near ? `, did you mean ${near}?` : ""),
    `--${flag} ${nameOrFile}`,
    `give ${Object.keys(EMBEDDED).join(", ")}, a name that \`fiedler weights\` lists, ` +
      "or the path of a checkpoint",
  );
}

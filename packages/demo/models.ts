import { blobSource, openTensorFile } from "@fiedler/io";
import { centredByDefault, type FoundModel, recognise } from "@fiedler/models";
import type { Extractor } from "@fiedler/pipeline";
import type { Bench } from "./engine.ts";
import { sha256Of } from "./sha256.ts";
import type { ModelFacts } from "./studio.ts";

/** The models that come with Fiedler, by the names of their files. */
const EMBEDDED = {
  "mae-tiny": "MAE tiny",
  "dino-tiny": "DINO tiny",
} as const;

/** An extractor whose weights are at hand. */
interface KnownModel {
  readonly facts: ModelFacts;
  readonly found: FoundModel;
  /** Whether the keys of a grey picture are subtracted. */
  readonly centred: boolean;
  /** What its records call it. */
  readonly name: string;
  /** Hashed when it is first needed. */
  sha256: Promise<string> | null;
  readonly file: Blob;
}

/** The extractors that can be chosen. Files are read in place, whenever a device needs them. */
export class Models {
  readonly #known = new Map<string, KnownModel>();

  /** What the page is told, in the order in which they came. */
  get facts(): readonly ModelFacts[] {
    return [...this.#known.values()].map(({ facts }) => facts);
  }

  /**
   * Finds the models that come with Fiedler.
   *
   * @param folder of their files; ends with `/`.
   * @throws {TypeError} when one cannot be fetched.
   */
  async addEmbedded(folder: string): Promise<void> {
    const files = await Promise.all(
      Object.keys(EMBEDDED).map((id) => fetchFile(new URL(`${id}.safetensors`, folder))),
    );
    for (const [i, [id, title]] of Object.entries(EMBEDDED).entries()) {
      await this.#add(files[i], { id, title, name: id });
    }
  }

  /**
   * Finds the extractor in a file.
   *
   * @throws {FormatError} when it is no tensor file.
   * @throws {CheckpointError} when it holds no extractor that is known.
   */
  async add(file: Blob, name: string): Promise<ModelFacts> {
    let id = name;
    for (let copy = 2; this.#known.has(id); copy++) id = `${name} (${copy})`;
    return await this.#add(file, { id, title: name, name: name.replace(/\.[^.]*$/, "") });
  }

  async #add(
    file: Blob,
    { id, title, name }: { readonly id: string; readonly title: string; readonly name: string },
  ): Promise<ModelFacts> {
    const opened = await openTensorFile(blobSource(file));
    const found = recognise(opened);
    const about = [found.title, ...found.notes].join("; ");
    const facts = { id, title, about, patch: found.patch };
    const centred = centredByDefault(found);
    this.#known.set(id, { facts, found, centred, name, file, sha256: null });
    return facts;
  }

  /**
   * What is known of a model.
   *
   * @throws {RangeError} when there is none of this id.
   */
  known(id: string): Pick<KnownModel, "facts" | "found" | "centred"> {
    return this.#find(id);
  }

  /** A model on a device, where it stays. */
  load(bench: Bench, id: string): Promise<Extractor> {
    const loaded = bench.extractors.get(id) ?? this.#load(bench, id);
    bench.extractors.set(id, loaded);
    loaded.catch(() => bench.extractors.delete(id));
    return loaded;
  }

  /** Frees the models of a device that were dropped into the page, but these: they may be large. */
  async makeRoom({ gpu, extractors }: Bench, needed: readonly string[]): Promise<void> {
    for (const [id, loaded] of [...extractors]) {
      if (id in EMBEDDED || needed.includes(id)) continue;
      extractors.delete(id);
      gpu.free(...(await loaded).backbone.parameters);
    }
    gpu.trim();
  }

  async #load({ gpu }: Bench, id: string): Promise<Extractor> {
    const model = this.#find(id);
    const { name, found, centred, file } = model;
    model.sha256 ??= sha256Of(blobSource(file));
    const [backbone, sha256] = [await found.load(gpu), await model.sha256];
    return { name, sha256, backbone, centred };
  }

  #find(id: string): KnownModel {
    const model = this.#known.get(id);
    if (model) return model;
    const names = [...this.#known.keys()].join(", ");
    throw new RangeError(`model: needs one of ${names}, got ${JSON.stringify(id)}`);
  }
}

/**
 * A file of the site.
 *
 * @throws {TypeError} when it cannot be fetched.
 */
export async function fetchFile(url: URL): Promise<Blob> {
  const response = await fetch(url);
  if (response.ok) return await response.blob();
  await response.body?.cancel();
  throw new TypeError(`studio: ${url} answered ${response.status}; look whether the file is there`);
}

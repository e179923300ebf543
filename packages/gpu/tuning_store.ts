/** Where tuning tables are kept between visits; `key` is a name fit for files. */
export interface TuningStore {
  /** What was written under the key; null when nothing was. */
  read(key: string): Promise<string | null>;
  /** Keeps a text in place of any earlier one. */
  write(key: string, json: string): Promise<void>;
}

const STORE = "tuning";

/** As much of IndexedDB as is used: not every runtime's types have it. */
interface Request<T> {
  readonly result: T;
  readonly error: { readonly message: string } | null;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
}

interface Database {
  createObjectStore(name: string): unknown;
  transaction(name: string, mode: "readonly" | "readwrite"): {
    objectStore(name: string): {
      get(key: string): Request<unknown>;
      put(value: string, key: string): Request<unknown>;
    };
  };
  close(): void;
}

/** A browser's `indexedDB`. */
export interface DatabaseFactory {
  /** Opens a database, and makes it where there is none. */
  open(name: string, version: number): unknown;
}

/**
 * Keeps tuning tables in the browser.
 *
 * @param factory Default: the page's or the worker's own `indexedDB`.
 * @throws {TypeError} where there is no IndexedDB.
 *
 * @example In a page
 * ```ts ignore
 * import { Gpu, indexedDbTuning } from "@fiedler/gpu";
 * import { tunedAtFirstUse } from "@fiedler/kernels";
 *
 * const gpu = await Gpu.open({ tuning: tunedAtFirstUse(indexedDbTuning()) });
 * ```
 */
export function indexedDbTuning(factory?: DatabaseFactory): TuningStore {
  const own = (globalThis as { indexedDB?: DatabaseFactory }).indexedDB;
  const database = factory ?? own;
  if (!database) throw new TypeError("indexedDbTuning: this runtime has no IndexedDB");
  return {
    async read(key) {
      const text = await inStore(database, "readonly", (store) => store.get(key));
      return typeof text === "string" ? text : null;
    },
    async write(key, json) {
      await inStore(database, "readwrite", (store) => store.put(json, key));
    },
  };
}

type ObjectStore = ReturnType<ReturnType<Database["transaction"]>["objectStore"]>;

async function inStore(
  factory: DatabaseFactory,
  mode: "readonly" | "readwrite",
  work: (store: ObjectStore) => Request<unknown>,
): Promise<unknown> {
  const opening = factory.open("fiedler", 1) as Request<Database> & {
    onupgradeneeded: (() => void) | null;
  };
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const database = await settled(opening);
  try {
    return await settled(work(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close(); // waits for its transactions
  }
}

const settled = <T>(request: Request<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new Error(`IndexedDB: ${request.error?.message}`));
  });

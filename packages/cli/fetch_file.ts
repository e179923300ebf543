/** Downloads that resume: what came is kept in a part file until the rest is there. */
import type { Disk } from "./disk.ts";
import { CliError, EXIT } from "./exit.ts";
import { FetchProgress } from "./fetch_progress.ts";
import {
  ask,
  Connection,
  type Kept,
  messageOf,
  SourceError,
  totalOf,
  validatorOf,
} from "./http_source.ts";
import type { Output } from "./output.ts";
import { checkStop, type StopSignal } from "./stop.ts";

/** A file to download, and what a download must not do. */
export interface FetchOrder {
  /** Where it is, best first: a source that does not start is passed over. */
  readonly sources: readonly string[];
  /** Where the parts are gathered. */
  readonly part: string;
  /** Its exact length; null when unknown. */
  readonly bytes: number | null;
  /** Whether a URL may be asked, at first or after a redirect. */
  readonly allowed: (url: URL) => boolean;
  /** What to do when no source has it. */
  readonly advice: string;
  /** Silence after which a transfer counts as broken. Default 60,000. */
  readonly idleMs?: number;
}

/** What a download needs of the world. */
export interface FetchWorld {
  readonly out: Output;
  readonly disk: Disk;
  readonly stop: StopSignal;
}

/** What is known of a part file, as `PART.json`: without it, the part is of no use. */
type PartState = Omit<Kept, "have"> & { readonly url: string };

const IDLE_MS = 60_000;

/** Where the state of a part file is. */
export const statePath = (part: string): string => `${part}.json`;

/**
 * Downloads a file into its part file, going on where an earlier download ended.
 *
 * @returns The source that it came from. The part file is whole, by its length.
 * @throws {CliError} exit 75 when the transfer broke or no source has it, 5 when it cannot be
 * stored, 130 or 143 when asked to stop.
 */
export async function fetchFile(order: FetchOrder, world: FetchWorld): Promise<string> {
  const failures: string[] = [];
  for (const [i, source] of order.sources.entries()) {
    try {
      await fetchFrom(source, order, world);
      return source;
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      failures.push(`${source}: ${error.message}`);
      if (i + 1 < order.sources.length) world.out.note(`${failures[i]}; trying another source`);
    }
  }
  throw new CliError(
    EXIT.temporary,
    "no source has the file at present",
    failures.join("\n         "),
    order.advice,
  );
}

async function fetchFrom(source: string, order: FetchOrder, world: FetchWorld): Promise<void> {
  const { part, bytes } = order;
  const { disk } = world;
  const kept = await keptPart(part, source);
  if (kept !== null && kept.total === kept.have) return;
  const connection = new Connection(order.idleMs ?? IDLE_MS);
  try {
    const response = await ask(source, kept, order.allowed, connection);
    const start = response.status === 206 ? kept!.have : 0;
    const total = totalOf(response, start);
    if (bytes !== null && total !== null && total !== bytes) {
      throw new SourceError(`the file must have ${bytes} bytes, it offers ${total}`);
    }
    if (start === 0) {
      // In this order: what is there must never be taken for the start of the new file.
      await disk.fill(part, 0, nothing());
      await disk.remove(statePath(part));
      const validator = validatorOf(response.headers);
      if (validator !== null) {
        const state: PartState = { url: source, validator, total };
        await disk.writeWhole(statePath(part), `${JSON.stringify(state)}\n`);
      }
    }
    await disk.fill(part, start, received(response.body!, { start, total, connection, world }));
    await expectLength(part, total);
  } finally {
    connection.close();
  }
}

/** What is here of a source's file, if it can be gone on with. */
async function keptPart(part: string, source: string): Promise<Kept | null> {
  try {
    const state = JSON.parse(await Deno.readTextFile(statePath(part))) as PartState;
    const { size } = await Deno.stat(part);
    return state.url === source && size > 0 ? { ...state, have: size } : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return null;
    throw error;
  }
}

async function* nothing(): AsyncIterable<Uint8Array> {}

/** What comes of a transfer, told and counted, until it ends or is told to. */
async function* received(
  body: ReadableStream<Uint8Array>,
  { start, total, connection, world: { out, stop } }: {
    readonly start: number;
    readonly total: number | null;
    readonly connection: Connection;
    readonly world: FetchWorld;
  },
): AsyncIterable<Uint8Array> {
  const progress = new FetchProgress(out, start, total);
  try {
    for await (const bytes of body) {
      connection.alive();
      yield bytes;
      progress.advance(bytes.length);
      checkStop(stop, "the part that came is kept");
    }
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw broken(messageOf(error));
  } finally {
    progress.end();
  }
}

async function expectLength(part: string, total: number | null): Promise<void> {
  const { size } = await Deno.stat(part);
  if (total === null || size === total) return;
  throw broken(`${total} bytes announced, ${size} came`);
}

const broken = (reason: string) =>
  new CliError(
    EXIT.temporary,
    "the transfer broke off",
    reason,
    "run the same command again: it goes on where it broke off",
  );

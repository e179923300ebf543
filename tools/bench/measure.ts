/** How long something takes: samples of several calls each, in wall time and in CPU time. */

/** Clocks, in milliseconds; both as of the whole process, or of a browser's. */
export interface Clock {
  wall(): number;
  cpu(): number | Promise<number>;
}

/** Milliseconds a call. */
export interface Sample {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** Computes so many times and waits for the device. */
export type Run = (calls: number) => Promise<void>;

/** Most calls of one sample. */
const MOST_CALLS = 4096;
/** More than waiting for a device costs, in milliseconds. */
const MOST_WAIT_MS = 50;
/** A call alone takes no more than so many times that of many, besides. */
const MOST_TIMES = 4;
/** Such calls, of which the fastest counts: others may have met another job. */
const ALONE = 3;

/** One sample of so many calls. */
export async function sample(clock: Clock, run: Run, calls: number): Promise<Sample> {
  const [wall, cpu] = [clock.wall(), await clock.cpu()];
  await run(calls);
  return { wallMs: (clock.wall() - wall) / calls, cpuMs: (await clock.cpu() - cpu) / calls };
}

/**
 * How many calls make a sample of `leastMs`, and the first such sample: waiting for the device alone
 * costs 11 ms under Deno. To be warmed up by the caller.
 *
 * @throws {Error} when many calls take about as long as one: some libraries leave out what nobody reads.
 */
export async function calibrate(
  clock: Clock,
  run: Run,
  leastMs: number,
): Promise<{ calls: number; first: Sample }> {
  let calls = 1;
  for (;;) {
    const first = await sample(clock, run, calls);
    if (first.wallMs * calls >= leastMs || calls === MOST_CALLS) {
      if (calls > 1) await expectAll(clock, run, first.wallMs);
      return { calls, first };
    }
    calls = Math.min(MOST_CALLS, Math.max(2 * calls, Math.ceil(leastMs / first.wallMs)));
  }
}

/** Holds the time that each of many calls took against that of a call alone. */
async function expectAll(clock: Clock, run: Run, wallMs: number): Promise<void> {
  let alone = Infinity;
  for (let i = 0; i < ALONE && alone > MOST_WAIT_MS + MOST_TIMES * wallMs; i++) {
    alone = Math.min(alone, (await sample(clock, run, 1)).wallMs);
  }
  if (alone <= MOST_WAIT_MS + MOST_TIMES * wallMs) return;
  throw new Error(
    `a call alone took ${alone.toFixed(1)} ms, but ${wallMs.toFixed(3)} ms among others: most of ` +
      "them were not computed",
  );
}

/** The middle one of some numbers; of an even count the lower. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length / 2) - 1];
}

/** Median wall time, least wall time, median CPU time. */
export interface Summary {
  readonly wallMs: number;
  readonly leastWallMs: number;
  readonly cpuMs: number;
  readonly leastCpuMs: number;
}

/** What samples come to. */
export function summarise(samples: readonly Sample[]): Summary {
  const walls = samples.map(({ wallMs }) => wallMs);
  const cpus = samples.map(({ cpuMs }) => cpuMs);
  return {
    wallMs: median(walls),
    leastWallMs: Math.min(...walls),
    cpuMs: median(cpus),
    leastCpuMs: Math.min(...cpus),
  };
}

/** What a measurement was made on. */
import type { AdapterReport } from "@fiedler/gpu";
import { type AdapterFacts, adapterFacts } from "./adapter_facts.ts";
import { cpuTime } from "./cpu_time.ts";
import type { Clock } from "./measure.ts";

/** Wall time, and CPU time of this process with the threads of a software adapter. */
export const CLOCK: Clock = {
  wall: () => performance.now(),
  cpu: cpuTime,
};

/** What stands in every record. */
export interface Machine extends AdapterFacts {
  /** Such as `"Deno 2.9.5"`. */
  readonly runtime: string;
  /** Day and time of the start, UTC. */
  readonly date: string;
  /** Null where the card is not in the table. */
  readonly peak: Peak | null;
}

/** Describes this run. */
export function machineOf(report: AdapterReport): Machine {
  const facts = adapterFacts(report);
  return {
    ...facts,
    runtime: `Deno ${Deno.version.deno}`,
    date: new Date().toISOString(),
    peak: facts.software ? null : peakOf(facts.adapter),
  };
}

/** The machine's load over the last minute. */
export const loadAverage = (): number => Deno.loadavg()[0];

/** What a card can do at most. */
export interface Peak {
  /** Of f32 arithmetic outside of matrix units, 10^12 operations a second. */
  readonly teraflops: number;
  /** Of its memory, 10^9 bytes a second. */
  readonly gigabytes: number;
}

/**
 * By what the adapter calls itself. NVIDIA's from its H100 and H200 data sheets; Apple's and Intel's
 * as commonly given, from cores, lanes and clock: good to a tenth. M1, M2 and M4 are those with 8, 10
 * and 10 GPU cores, M4 Max the one with 40.
 */
const PEAKS: readonly (readonly [name: RegExp, peak: Peak])[] = [
  [/\bH100\b.*\bPCIe\b/i, { teraflops: 51, gigabytes: 2000 }],
  [/\bH200\b/i, { teraflops: 67, gigabytes: 4800 }],
  [/\bH100\b.*\b(HBM3|SXM)/i, { teraflops: 67, gigabytes: 3350 }],
  [/^Apple M1$/, { teraflops: 2.6, gigabytes: 68 }],
  [/^Apple M2$/, { teraflops: 3.6, gigabytes: 100 }],
  [/^Apple M4$/, { teraflops: 4.3, gigabytes: 120 }],
  [/^Apple M4 Max$/, { teraflops: 17, gigabytes: 546 }],
  [/\bUHD Graphics 630\b/, { teraflops: 0.44, gigabytes: 40 }],
];

/** The peak of a card by its name, null for one that is not in the table. */
export function peakOf(description: string): Peak | null {
  return PEAKS.find(([name]) => name.test(description))?.[1] ?? null;
}

/** Results as Markdown, and as JSON for whoever computes with them. */
import type { BenchRecord } from "./case.ts";
import type { Match, Outcome } from "./contest.ts";
import type { Machine } from "./machine.ts";
import type { Summary } from "./measure.ts";
import type { TorchMatch } from "./torch.ts";

/** A Markdown table; columns behind the first `left` are set to the right. */
export function markdown(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  left = 1,
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = headings.map((_, i) => i < left ? "---" : "---:");
  return [headings, rule, ...rows].map(line).join("\n");
}

/** Milliseconds to three digits. */
export function milliseconds(ms: number): string {
  return ms >= 100 ? ms.toFixed(0) : ms >= 10 ? ms.toFixed(1) : ms.toFixed(2);
}

/** One line about the machine. */
export function machineLine(machine: Machine): string {
  const { adapter, software, runtime, date } = machine;
  return `${adapter}${software ? " (software adapter)" : ""}, ${runtime}, ${date.slice(0, 10)}`;
}

/** A table for each group. On software adapters rates are per second of CPU time. */
export function recordTables(records: readonly BenchRecord[]): string {
  const groups = [...new Set(records.map(({ group }) => group))];
  return groups.map((group) => {
    const own = records.filter((record) => record.group === group);
    const timed = own.some(({ gpuMs }) => gpuMs !== null);
    const shares = own.some(({ peakShare }) => peakShare !== null);
    const pictured = own.some(({ flops, pictures }) => flops !== null && pictures !== null);
    const headings = ["what", "shape", "wall ms", "least", "CPU ms"];
    if (timed) headings.push("GPU ms");
    headings.push(own[0].software ? "rate per CPU second" : "rate");
    if (shares) headings.push("of peak");
    if (pictured) headings.push("GFLOP", "pictures/s");
    if (timed) headings.push("products");
    headings.push("peak MiB", "dispatches", "readbacks");
    const rows = own.map((record) => [
      ...[record.name, record.shape],
      ...[record.wallMs, record.leastWallMs, record.cpuMs].map(milliseconds),
      ...timed ? [record.gpuMs === null ? "–" : milliseconds(record.gpuMs)] : [],
      rate(record),
      ...shares ? [shareOf(record.peakShare)] : [],
      ...pictured ? [record.flops === null ? "–" : (record.flops / 1e9).toPrecision(3)] : [],
      ...pictured ? [perSecond(record)] : [],
      ...timed ? [shareOf(record.productShare)] : [],
      ...[record.peakMiB.toFixed(0), `${record.host.dispatches}`, `${record.host.readbacks}`],
    ]);
    return `### ${group}\n\n${markdown(headings, rows, 2)}`;
  }).join("\n\n");
}

function rate({ gigaflops, gigabytes, pictures, wallMs, cpuMs, software }: BenchRecord): string {
  if (gigaflops !== null) return `${gigaflops.toPrecision(3)} GFLOP/s`;
  if (gigabytes !== null) return `${gigabytes.toPrecision(3)} GB/s`;
  if (pictures === null) return "–";
  return `${(pictures * 6e4 / (software ? cpuMs : wallMs)).toPrecision(3)} pictures/min`;
}

function perSecond({ pictures, wallMs, cpuMs, software }: BenchRecord): string {
  return pictures === null ? "–" : (pictures * 1e3 / (software ? cpuMs : wallMs)).toPrecision(3);
}

const shareOf = (share: number | null) => share === null ? "–" : `${(100 * share).toFixed(0)} %`;

/**
 * What a step of pretraining takes, ours and the other's. Behind a software adapter both are counted in
 * CPU time, and rates are per second of it.
 */
export function torchTable(matches: readonly TorchMatch[], software: boolean): string {
  const cost = ({ cpuMs, wallMs }: Summary) => software ? cpuMs : wallMs;
  const rows = matches.flatMap(({ name, shape, flops, pictures, outcomes }) =>
    outcomes.map((outcome) => [
      ...[name, shape, outcome.trainee, (flops / 1e9).toPrecision(3)],
      milliseconds(cost(outcome)),
      (pictures * 1e3 / cost(outcome)).toPrecision(3),
      (flops / cost(outcome) / 1e6).toPrecision(3),
      `${(cost(outcome) / cost(outcomes[0])).toPrecision(3)} ×`,
    ])
  );
  const clock = software ? "CPU ms" : "wall ms";
  const headings = ["what", "shape", "by", "GFLOP", clock, "pictures/s", "GFLOP/s", "ours = 1"];
  return markdown(headings, rows, 3);
}

/** What is compared: CPU time where the adapter is the CPU, else wall time. */
export const costOf = (software: boolean) => (outcome: Outcome): number | null =>
  "failed" in outcome ? null : software ? outcome.cpuMs : outcome.wallMs;

/** How many times as long another library takes, for each workload that both computed. */
export interface Ratios {
  readonly workload: string;
  /** Ours, in milliseconds. */
  readonly cost: number;
  /** By name; null where it failed. */
  readonly ratios: ReadonlyMap<string, number | null>;
  /** Of the fastest other one on WebGPU; null where all failed. */
  readonly best: number | null;
}

/** Compares each with the first. */
export function ratiosOf(matches: readonly Match[], software: boolean): Ratios[] {
  const cost = costOf(software);
  return matches.map(({ workload, outcomes: [ours, ...others] }) => {
    const own = cost(ours)!;
    const ratio = (outcome: Outcome) => {
      const other = cost(outcome);
      return other === null ? null : other / own;
    };
    const known = others.flatMap((outcome) => outcome.webgpu ? ratio(outcome) ?? [] : []);
    return {
      ...{ workload, cost: own },
      ratios: new Map(others.map((outcome) => [outcome.contender, ratio(outcome)])),
      best: known.length > 0 ? Math.min(...known) : null,
    };
  });
}

/** Milliseconds of each, then how many times as long as ours. */
export function peerTables(matches: readonly Match[], software: boolean): string {
  const cost = costOf(software);
  const names = matches[0].outcomes.map(({ contender }) => contender);
  const clock = software ? "CPU ms" : "wall ms";
  const times = matches.map(({ workload, outcomes }) => [
    workload,
    ...outcomes.map((outcome) => {
      const ms = cost(outcome);
      return ms === null ? "failed" : milliseconds(ms);
    }),
  ]);
  const ratios = ratiosOf(matches, software).map(({ workload, ratios, best }) => [
    workload,
    ...[...ratios.values(), best].map((ratio) => ratio === null ? "–" : `${ratio.toFixed(2)} ×`),
  ]);
  return `${markdown([`${clock} a call`, ...names], times)}\n\n` +
    markdown(["time relative to ours", ...names.slice(1), "best on WebGPU"], ratios);
}

/**
 * What the adapter at hand does:
 *
 *     deno task bench [names…] [--quick] [--timestamps] [--json FILE]
 *     deno task bench --peers [--browser] [names…] [--quick] [--json FILE] [--chart FILE]
 *     deno task bench pretraining --torch [--python COMMAND] [--quick] [--json FILE]
 *     deno task bench load FILE…
 *
 * Names are groups (`kernels`, `models`, `stages`, `training`, `scale`, `pretraining`; the last two run
 * only by name), or parts of the names of cases. `--peers` runs other WebGPU libraries beside us, with
 * `--browser` in headless Chromium, whose adapter `FIEDLER_CHROMIUM_ADAPTER` names; `--torch` runs the
 * steps of pretraining by PyTorch, too, in `/usr/bin/python3` or the Python that is named; `load` reads
 * checkpoints. Prints Markdown tables; the JSON file has everything. Progress goes to stderr.
 */
import { parseArgs } from "node:util";
import { Gpu } from "@fiedler/gpu";
import { type BenchCase, type BenchRecord, type Effort, measureCase } from "./bench/case.ts";
import { ratioChart } from "./bench/chart.ts";
import { KERNELS } from "./bench/kernels.ts";
import { loadTable } from "./bench/load.ts";
import { type Machine, machineOf } from "./bench/machine.ts";
import { MODELS } from "./bench/models.ts";
import { contest, installPeers } from "./bench/peers.ts";
import { PRETRAINING } from "./bench/pretraining.ts";
import { SCALE } from "./bench/scale.ts";
import { STAGES } from "./bench/stages.ts";
import {
  machineLine,
  milliseconds,
  peerTables,
  ratiosOf,
  recordTables,
  torchTable,
} from "./bench/table.ts";
import { torchContest } from "./bench/torch.ts";
import { TRAINING } from "./bench/training.ts";

const CASES = [...KERNELS, ...MODELS, ...STAGES, ...TRAINING, ...SCALE, ...PRETRAINING];
const GROUPS = [...new Set(CASES.map(({ group }) => group))];
/** Groups that run only by name. */
const LONG = ["scale", "pretraining"];

const { values: flags, positionals: names } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    timestamps: { type: "boolean", default: false },
    peers: { type: "boolean", default: false },
    browser: { type: "boolean", default: false },
    torch: { type: "boolean", default: false },
    python: { type: "string", default: "/usr/bin/python3" },
    json: { type: "string" },
    chart: { type: "string" },
  },
});

/** Whether a case is asked for by its group, or by a part of its name or shape. */
function isNamed({ group, name, shape }: BenchCase, wanted: string): boolean {
  return wanted === group || `${name}, ${shape}`.includes(wanted);
}

/** The cases to run; says which of those asked for are left out. */
function chosenCases({ software }: Machine): BenchCase[] {
  const unknown = names.filter((name) => !CASES.some((one) => isNamed(one, name)));
  if (unknown.length > 0) {
    throw new RangeError(
      `bench: no group or case is called ${unknown.join(" or ")}; groups are ` +
        `${GROUPS.join(", ")}, and load`,
    );
  }
  const asked = CASES.filter((one) =>
    names.length === 0 ? !LONG.includes(one.group) : names.some((name) => isNamed(one, name))
  );
  return asked.filter((one) => {
    const single = names.some((name) => !GROUPS.includes(name) && isNamed(one, name));
    const reason = single
      ? null
      : software && one.slow
      ? "takes minutes on a software adapter"
      : flags.quick && !one.quick
      ? "is not part of --quick"
      : null;
    if (reason) console.error(`left out: ${one.name}, ${one.shape}: ${reason} (name it to run it)`);
    return reason === null;
  });
}

async function runCases(): Promise<void> {
  const gpu = await Gpu.open();
  const machine = machineOf(gpu.adapter);
  gpu.close();
  const effort: Effort = {
    leastMs: machine.software ? 40 : 250,
    samples: flags.quick ? 2 : 7,
    mostMs: flags.quick ? 1000 : 10_000,
    timestamps: flags.timestamps || !machine.software,
  };
  const records: BenchRecord[] = [];
  for (const one of chosenCases(machine)) {
    const record = await measureCase(one, machine, effort);
    records.push(record);
    console.error(
      `${one.name}, ${one.shape}: ${milliseconds(record.wallMs)} ms, ` +
        `CPU ${milliseconds(record.cpuMs)} ms`,
    );
  }
  console.log(`${machineLine(machine)}\n\n${recordTables(records)}`);
  await writeJson(records);
}

async function runPeers(): Promise<void> {
  await installPeers();
  // Playwright and a compiler are loaded for this alone.
  const run = flags.browser ? (await import("./bench/browser.ts")).browserContest : contest;
  const { machine, matches } = await run(names, flags.quick);
  console.log(`${machineLine(machine)}\n\n${peerTables(matches, machine.software)}`);
  await writeJson({ ...machine, matches });
  if (flags.chart) {
    const ratios = ratiosOf(matches, machine.software);
    await Deno.writeTextFile(flags.chart, ratioChart(ratios, machine));
  }
}

async function runTorch(): Promise<void> {
  const { python, quick } = flags;
  const log = (line: string) => console.error(line);
  const { machine, matches } = await torchContest(names, { python, quick, log });
  console.log(`${machineLine(machine)}\n\n${torchTable(matches, machine.software)}`);
  await writeJson({ ...machine, matches });
}

async function writeJson(results: unknown): Promise<void> {
  if (flags.json) await Deno.writeTextFile(flags.json, JSON.stringify(results, null, 2) + "\n");
}

try {
  if (names[0] === "load") await loadTable(names.slice(1));
  else if (flags.peers) await runPeers();
  else if (flags.torch) await runTorch();
  else await runCases();
} catch (error) {
  if (!(error instanceof RangeError)) throw error;
  console.error(`error: ${error.message}`);
  Deno.exitCode = 2;
}

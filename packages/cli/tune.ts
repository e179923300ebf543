/** `tune`: which forms of the kernels are fastest on this adapter. */
import { Gpu, tuningKey, tuningName, type TuningTable } from "@fiedler/gpu";
import {
  keptTuning,
  NO_TIME,
  tune as tuneKernels,
  type TunedCase,
  type TuningResult,
} from "@fiedler/kernels";
import process from "node:process";
import { usage } from "./args.ts";
import type { Disk } from "./disk.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import type { Output } from "./output.ts";
import { adapterLine, plural } from "./summary.ts";
import { table as textTable } from "./table.ts";
import type { TuneValues } from "./tune_flags.ts";
import { clearTuning, type TuningFiles, tuningStore } from "./tune_store.ts";

/** What `tune` needs of the world. */
interface TuneWorld {
  readonly out: Output;
  readonly disk: Disk;
}

/**
 * Runs `fiedler tune`.
 *
 * @throws {CliError} exit 2 for flags that exclude each other, or without a place for a cache; 5 when
 * the table cannot be written.
 */
export async function tune(values: TuneValues, { out, disk }: TuneWorld): Promise<ExitCode> {
  const modes = (["dry-run", "show", "clear"] as const).filter((mode) => values[mode]);
  if (modes.length > 1) {
    const flags = modes.map((mode) => `--${mode}`);
    throw usage(`${flags.join(" and ")} exclude each other`, "fiedler tune", "give one of them");
  }
  if (values.clear) return await clear({ out, disk });
  const store = tuningStore(disk.advising("another place with XDG_CACHE_HOME"));
  const gpu = await Gpu.open({ profile: true });
  try {
    if (values.show) return await show(gpu, store, out);
    out.note(`GPU       ${adapterLine(gpu.adapter)}`);
    const result = await tuneKernels(gpu, {
      budgetMs: 1000 * values.budget,
      cpuMs,
      onProgress: ({ done, total, family, shapeClass }) =>
        out.status(`tuning    ${done} of ${total}: ${family}, ${shapeClass}`),
    });
    out.status(null);
    const path = values["dry-run"] ? null : await keep(result.table, store);
    tell(result, path, out);
    return EXIT.ok;
  } finally {
    gpu.close();
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Unlike at first use, a table that cannot be kept is an error: it was asked for. */
async function keep(table: TuningTable, store: TuningFiles): Promise<string> {
  const name = tuningName(table.key);
  await store.write(name, `${JSON.stringify(table, null, 2)}\n`);
  return store.path(name);
}

function tell({ table, cases, ms }: TuningResult, path: string | null, out: Output): void {
  for (const one of cases) out.event({ event: "tuned", ...one });
  out.event({ event: "end", path, ms, table });
  const cut = cases.filter(({ cutShort }) => cutShort)
    .map(({ family, shapeClass }) => `${family} ${shapeClass}`);
  out.print([
    textTable([["kernel", "shapes", "form", "ms", ""], ...cases.flatMap(caseRows)]),
    "",
    `${(ms / 1000).toFixed(1)} s, by ${table.clock}`,
    ...(cut.length > 0 ? [`cut short: ${cut.join(", ")}; --budget SECONDS gives them time`] : []),
    path === null ? "nothing was kept (--dry-run)" : `kept in ${path}`,
  ].join("\n"));
}

/** A case's forms by their time, and how many were not looked at. */
function caseRows({ family, shapeClass, shape, timed, chosen }: TunedCase): string[][] {
  const tried = timed.filter(({ why }, i) => why !== NO_TIME || i === 0).sort((a, b) =>
    (a.ms ?? Infinity) - (b.ms ?? Infinity)
  );
  const rows = tried.map(({ form, ms, why }) => {
    const words = [form === timed[0].form ? "default" : "", form === chosen ? "chosen" : "", why];
    const note = words.filter((word) => word).join(", ");
    return ["", "", formWords(form), ms === null ? "–" : ms.toFixed(3), note];
  });
  const left = timed.length - tried.length;
  if (left > 0) rows.push(["", "", plural(left, "more form"), "–", NO_TIME]);
  rows[0].splice(0, 2, family, `${shapeClass}: ${shape}`);
  return rows;
}

/** `direct 8 × 16`: the outputs of an invocation; `shared 128 × 64`: those of a workgroup. */
export function formWords(form: object): string {
  const { kernel, rows, columns, down = 1, across = 1 } = form as Record<string, number>;
  const tile = `${kernel} ${rows * down} × ${4 * columns * across}`;
  return down * across > 1 ? `${tile} by ${rows} × ${4 * columns}` : tile;
}

async function show(gpu: Gpu, store: TuningFiles, out: Output): Promise<ExitCode> {
  const { adapter } = gpu;
  const path = store.path(tuningName(tuningKey(adapter)));
  const table = await keptTuning(store, adapter, (line) => out.note(line));
  out.event({ event: "tuning", adapter: adapter.description, path, table });
  if (table === null) {
    out.print(`nothing is kept for ${adapter.description}: \`fiedler tune\` measures it`);
    return EXIT.ok;
  }
  const forms = Object.entries(table.forms).flatMap(([family, classes]) =>
    Object.entries(classes).map(([name, form]) => [family, name, formWords(form)])
  );
  out.print([
    `${adapter.description}, measured ${table.measuredAt} by ${table.clock}`,
    forms.length > 0
      ? textTable([["kernel", "shapes", "form"], ...forms])
      : "no form was seen to beat a default",
    `kept in ${path}; --tune off takes the defaults`,
  ].join("\n"));
  return EXIT.ok;
}

async function clear({ out, disk }: TuneWorld): Promise<ExitCode> {
  const removed = await clearTuning(disk);
  out.event({ event: "cleared", removed });
  out.print(
    removed.length === 0 ? "nothing was kept" : `${plural(removed.length, "table")} removed`,
  );
  return EXIT.ok;
}

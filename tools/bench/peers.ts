/** Other libraries on the same adapter, in the same process: `deno task bench --peers`. */
import { fileURLToPath } from "node:url";
import { Gpu } from "@fiedler/gpu";
import { contendersOf, contestOf, type Match } from "./contest.ts";
import { CLOCK, type Machine, machineOf } from "./machine.ts";
import { loadJax } from "./peers/jax.ts";
import { loadOrt } from "./peers/ort.ts";
import { ours } from "./peers/ours.ts";
import { loadTfjs } from "./peers/tfjs.ts";

const FOLDER = new URL("peers/", import.meta.url);
const MODULES = new URL("node_modules/", FOLDER);

/** What the libraries took. */
export interface Contest {
  readonly machine: Machine;
  readonly matches: readonly Match[];
}

/** Runs the workloads whose names contain one of `names`, or all, in this process. */
export async function contest(names: readonly string[], quick: boolean): Promise<Contest> {
  const gpu = await Gpu.open();
  const machine = machineOf(gpu.adapter);
  const log = (line: string) => console.error(line);
  try {
    const contenders = await contendersOf(ours(gpu), {
      "tfjs-webgpu": () => loadTfjs(MODULES),
      "jax-js": () => loadJax(MODULES),
      "onnxruntime-web webgpu": () => loadOrt(MODULES, "webgpu"),
      "onnxruntime-web wasm": () => loadOrt(MODULES, "wasm"),
    }, log);
    const leastMs = machine.software ? 40 : 250;
    return {
      machine,
      matches: await contestOf(contenders, names, { clock: CLOCK, quick, leastMs, log }),
    };
  } finally {
    gpu.close();
  }
}

/**
 * Installs the libraries into a folder of their own, once.
 *
 * @throws {Error} without npm, or when it fails.
 */
export async function installPeers(): Promise<void> {
  const lock = await Deno.readTextFile(new URL("package-lock.json", FOLDER));
  const stamp = new URL(".installed-lock", MODULES);
  if (await Deno.readTextFile(stamp).catch(() => null) === lock) return;
  const cwd = fileURLToPath(FOLDER);
  const command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"];
  console.error(
    `installing tfjs, jax-js and onnxruntime-web (220 MB): ${command.join(" ")} in ${cwd}`,
  );
  const options = { args: command.slice(1), cwd, stdout: "null", stderr: "inherit" } as const;
  const status = await new Deno.Command(command[0], options).output().catch((cause) => {
    throw new Error(
      "bench --peers: npm could not be started; install Node.js 20 or newer from " +
        "https://nodejs.org, then run the same command again",
      { cause },
    );
  });
  if (!status.success) {
    throw new Error(
      `bench --peers: npm ci in ${cwd} failed (status ${status.code}); check the network, then ` +
        "run the same command again",
    );
  }
  await Deno.writeTextFile(stamp, lock); // what is there is whole, and of this lock
}

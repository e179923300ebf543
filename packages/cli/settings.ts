import { checkFlag, type Invocation, usage } from "./args.ts";
import { checkOptions, PRESETS, type ProposalOptions } from "./engine.ts";
import type { FlagSet, PipelineValues, ValuesOf } from "./flags.ts";
import { suggest } from "./suggest.ts";

/**
 * The value of every flag: command line, else config file, else default.
 *
 * @param readText Reads the config file.
 * @throws {CliError} exit 2: a config file that is missing, no JSON object, or has a wrong key or
 * value.
 */
export async function resolveFlags<F extends FlagSet>(
  flags: F,
  { given, command }: Invocation,
  readText: (path: string) => Promise<string>,
): Promise<ValuesOf<F>> {
  const config = typeof given.config === "string"
    ? readConfig(await readText(given.config), given.config, flags, command.name)
    : {};
  const values = Object.entries(flags).map(([name, flag]) => [
    name,
    given[name] ?? config[name] ?? flag.initial,
  ]);
  return Object.fromEntries(values) as ValuesOf<F>;
}

/** Flags that are no keys of a config file: they belong to one call. */
const OF_ONE_CALL = new Set(["config", "force", "dry-run", "json", "quiet"]);

function readConfig(
  text: string,
  path: string,
  flags: FlagSet,
  command: string,
): Readonly<Record<string, unknown>> {
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (error) {
    throw usage("the config file is not JSON", path, (error as Error).message);
  }
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    throw usage("the config file must hold one JSON object", path, 'such as {"k": [2, 3]}');
  }
  const allowed = Object.keys(flags).filter((name) => !OF_ONE_CALL.has(name));
  const checked = Object.entries(config).map(([name, value]) => {
    if (!allowed.includes(name)) {
      const near = suggest(name, allowed);
      throw usage(
        `unknown key "${name}"` + (near ? `, did you mean "${near}"?` : ""),
        path,
        `see \`fiedler help ${command}\``,
      );
    }
    return [name, checkFlag(name, value, flags, `${path}, key ${name}`)];
  });
  return Object.fromEntries(checked);
}

/**
 * The options of the proposal stage: the preset, with what was given over it.
 *
 * @throws {CliError} exit 2: options that do not go together.
 */
export function proposalOptions(values: PipelineValues): ProposalOptions {
  const options = chosenOptions(values);
  try {
    checkOptions(options);
  } catch (error) {
    const where = `--labels ${options.labels} --embedding ${options.embedding}`;
    throw usage((error as Error).message, where, "change one of them");
  }
  return options;
}

function chosenOptions(values: PipelineValues): ProposalOptions {
  const base = PRESETS[values.preset];
  return {
    facet: values.facet ?? base.facet,
    layer: values.layer ?? base.layer,
    clusterCounts: values.k ?? base.clusterCounts,
    affinity: values.affinity ?? base.affinity,
    affinityThreshold: values["affinity-threshold"] ?? base.affinityThreshold,
    diagonal: values.diagonal ?? base.diagonal,
    colourWeight: values["colour-weight"] ?? base.colourWeight,
    embedding: values.embedding ?? base.embedding,
    dssVectors: values["dss-vectors"] ?? base.dssVectors,
    labels: values.labels ?? base.labels,
    restarts: values.restarts ?? base.restarts,
    seed: values.seed ?? base.seed,
    split: values.split,
    connectivity: values.connectivity ? (values.connectivity === "8" ? 8 : 4) : base.connectivity,
    minPatches: values["min-patches"] ?? base.minPatches,
    maxShare: values["max-share"] ?? base.maxShare,
    upsample: values.upsample ?? base.upsample,
    crf: values.crf,
    saliencyScore: values["saliency-score"] ?? base.saliencyScore,
    saliencyThreshold: values["saliency-threshold"] ?? base.saliencyThreshold,
    nmsThreshold: values.nms ?? base.nmsThreshold,
    nmsOrder: values["nms-order"] ?? base.nmsOrder,
  };
}

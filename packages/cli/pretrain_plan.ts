import type { PretrainSettings } from "@fiedler/pretrain";
import { usage } from "./args.ts";
import type { Identity } from "./identity.ts";
import { join } from "./paths.ts";
import { commandLine, runName } from "./plan.ts";
import { type ObjectiveName, OBJECTIVES, type PretrainValues } from "./pretrain_flags.ts";
import { pretrainSettings, settingsIdentity } from "./pretrain_settings.ts";
import { findSource, type PretrainSource } from "./pretrain_source.ts";
import { type EncoderStart, findStart } from "./pretrain_start.ts";
import { suggest } from "./suggest.ts";
import { VERSION } from "./version.ts";

/** A pretraining before it starts: everything that its command line decides. */
export interface PretrainPlan {
  readonly commandLine: string;
  readonly folder: string;
  readonly values: PretrainValues;
  readonly settings: PretrainSettings;
  readonly source: PretrainSource;
  /** What the encoder starts as; null for new weights. */
  readonly start: EncoderStart | null;
  readonly identity: Identity;
}

/**
 * Finds what to learn from and what to start from, and says where results go.
 *
 * @throws {CliError} exit 2, 3 or 4.
 */
export async function planPretraining(
  objective: string,
  values: PretrainValues,
  args: readonly string[],
): Promise<PretrainPlan> {
  const kind = expectObjective(objective);
  if (values.out !== undefined && values.name !== undefined) {
    throw usage("--out and --name exclude each other", "--out, --name", "give one of them");
  }
  const start = values.start === undefined ? null : await findStart(values.start);
  const settings = pretrainSettings(kind, values, start && start.config);
  const source = await findSource(kind, values);
  const name = values.name ?? defaultName(kind, values);
  return {
    commandLine: commandLine(args),
    folder: values.out ?? join(values.project, name),
    values,
    settings,
    source,
    start,
    identity: {
      version: VERSION,
      command: "pretrain",
      objective,
      preset: values.preset,
      "start sha256": start && start.weights.sha256,
      ...source.identity,
      ...settingsIdentity(settings),
    },
  };
}

function expectObjective(word: string): ObjectiveName {
  const found = OBJECTIVES.find((name) => name === word);
  if (found !== undefined) return found;
  const near = suggest(word, OBJECTIVES);
  throw usage(
    `there is no way of pretraining "${word}"` + (near ? `, did you mean ${near}?` : ""),
    `fiedler pretrain ${word}`,
    "give mae (masked autoencoding) or dino (self-distillation)",
  );
}

const defaultName = (objective: ObjectiveName, { pictures }: PretrainValues): string =>
  `pretrain-${objective}` + (pictures === undefined ? "" : `-${runName([pictures], "")}`);

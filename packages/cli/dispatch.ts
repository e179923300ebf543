import type { ModelHints } from "@fiedler/models";
import { type Invocation, usage } from "./args.ts";
import { COMMANDS } from "./commands.ts";
import { convert } from "./convert.ts";
import { data } from "./data_command.ts";
import { demo } from "./demo.ts";
import { DEMO_FLAGS } from "./demo_flags.ts";
import { doctor } from "./doctor.ts";
import { dryRun } from "./dry_run.ts";
import { examplePictures } from "./course_plan.ts";
import { makeExample } from "./example.ts";
import { evaluateResults } from "./evaluate.ts";
import { EVALUATE_FLAGS } from "./evaluate_flags.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { explainRun } from "./explain_command.ts";
import { exportInstances } from "./export_command.ts";
import { extractFeatures } from "./features.ts";
import {
  CONVERT_FLAGS,
  DATA_FLAGS,
  EXPORT_FLAGS,
  EXTRACT_FLAGS,
  IMPORT_FLAGS,
  INSPECT_FLAGS,
  PIPELINE_FLAGS,
  type PipelineValues,
  PROPOSE_FLAGS,
  REPRODUCE_FLAGS,
  SCENES_FLAGS,
  type ValuesOf,
} from "./flags.ts";
import { commandHelp, overview } from "./help.ts";
import { importInstances } from "./import_command.ts";
import { inspect } from "./inspect.ts";
import { planRun } from "./plan.ts";
import { runPrediction } from "./predict.ts";
import { PREDICT_FLAGS } from "./predict_flags.ts";
import { planPrediction } from "./predict_plan.ts";
import { pretrain } from "./pretrain.ts";
import { PRETRAIN_FLAGS } from "./pretrain_flags.ts";
import { redoReport } from "./report.ts";
import { reproduce } from "./reproduce.ts";
import { runProposals, type World } from "./run.ts";
import { writeScenes } from "./scenes.ts";
import { resolveFlags } from "./settings.ts";
import { train } from "./train.ts";
import { TRAIN_FLAGS } from "./train_flags.ts";
import { tune } from "./tune.ts";
import { TUNE_FLAGS } from "./tune_flags.ts";
import { VERSION } from "./version.ts";
import { checkpointPath, expectRelease, unusable } from "./weights.ts";
import { weights } from "./weights_command.ts";

/** Runs a parsed command line. */
export async function dispatch(
  invocation: Invocation,
  args: readonly string[],
  world: World,
): Promise<ExitCode> {
  const { command: { name }, operands, given } = invocation;
  switch (name) {
    case "pipeline":
    case "propose": {
      const flags = name === "pipeline" ? PIPELINE_FLAGS : PROPOSE_FLAGS;
      // `propose` writes neither report nor overlays: their values are never looked at.
      const values = await resolveFlags(flags, invocation, readConfig) as PipelineValues;
      const prepare = values["dry-run"]
        ? undefined
        : (folder: string) => makeExample(folder, examplePictures(values), world);
      const plan = await planRun(name, operands, values, args, prepare);
      return values["dry-run"] ? dryRun(plan, world) : await runProposals(plan, world);
    }
    case "train":
      return await train(
        operands,
        await resolveFlags(TRAIN_FLAGS, invocation, readConfig),
        args,
        world,
      );
    case "pretrain":
      return await pretrain(
        operands,
        await resolveFlags(PRETRAIN_FLAGS, invocation, readConfig),
        args,
        world,
      );
    case "predict": {
      const values = await resolveFlags(PREDICT_FLAGS, invocation, readConfig);
      return await runPrediction(await planPrediction(operands, values, args), world);
    }
    case "features":
      return await extractFeatures(
        operands,
        await resolveFlags(EXTRACT_FLAGS, invocation, readConfig),
        world,
      );
    case "reproduce":
      return await reproduce(
        operands,
        await resolveFlags(REPRODUCE_FLAGS, invocation, readConfig),
        args,
        world,
      );
    case "demo":
      return await demo(await resolveFlags(DEMO_FLAGS, invocation, readConfig), world);
    case "doctor":
      return await doctor(world.out);
    case "tune":
      return await tune(await resolveFlags(TUNE_FLAGS, invocation, readConfig), world);
    case "report":
      return await redoReport(operands[0], given.gallery as number | undefined, world);
    case "explain":
      return await explainRun(operands, {
        overlay: given.overlay as string | undefined,
        blocks: Deno.stdout.isTerminal(),
      }, world);
    case "scenes":
      return await writeScenes(
        operands[0],
        await resolveFlags(SCENES_FLAGS, invocation, readConfig),
        world,
      );
    case "evaluate":
      return await evaluateResults(
        operands,
        await resolveFlags(EVALUATE_FLAGS, invocation, readConfig),
        args,
        world,
      );
    case "data":
      return await data(operands, await resolveFlags(DATA_FLAGS, invocation, readConfig), world);
    case "export": {
      const values = await resolveFlags(EXPORT_FLAGS, invocation, readConfig);
      return await exportInstances(operands[0], values, world);
    }
    case "import": {
      const values = await resolveFlags(IMPORT_FLAGS, invocation, readConfig);
      return await importInstances(operands[0], values, world);
    }
    case "weights":
      return await weights(operands, {
        acceptTerms: given["accept-terms"] === true,
        question: !given.json && !given.quiet && Deno.stdin.isTerminal() ? prompt : null,
      }, world);
    case "inspect": {
      const hints = hintsOf(await resolveFlags(INSPECT_FLAGS, invocation, readConfig));
      const path = await checkpointPath(operands[0]);
      return await naming(path, inspect(path, hints, world.out));
    }
    case "convert": {
      const values = await resolveFlags(CONVERT_FLAGS, invocation, readConfig);
      const path = await checkpointPath(operands[0]);
      return await naming(path, convert(path, { ...values, hints: hintsOf(values) }, world));
    }
    case "version":
      world.out.print(`fiedler ${VERSION}`);
      return EXIT.ok;
    default:
      world.out.print(help(operands[0]));
      return EXIT.ok;
  }
}

/** Adds the file's path to errors about its content. */
const naming = <T>(path: string, work: Promise<T>): Promise<T> =>
  work.catch((error) => {
    throw unusable(path, error);
  });

/** What the names in a checkpoint leave open. */
function hintsOf({ model, encoder, heads }: ValuesOf<typeof INSPECT_FLAGS>): ModelHints {
  return { release: model === undefined ? undefined : expectRelease(model), encoder, heads };
}

function help(topic: string | undefined): string {
  if (topic === undefined) return overview();
  const command = COMMANDS.find(({ name }) => name === topic);
  if (command) return commandHelp(command);
  const names = COMMANDS.map(({ name }) => name).join(", ");
  throw usage(`there is no command "${topic}"`, `fiedler help ${topic}`, `commands: ${names}`);
}

async function readConfig(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw usage("the config file cannot be read", path, (error as Error).message);
  }
}

import type { AdapterReport } from "@fiedler/gpu";
import type { Disk } from "./disk.ts";
import type { Engine, OpenEngine, PictureRecord, Proposals } from "./engine.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import { finishRun } from "./finish.ts";
import type { Output } from "./output.ts";
import { type PictureJob, PictureRun } from "./picture_run.ts";
import { pictureSizes, plannedPictures } from "./picture_sizes.ts";
import { engineSettings, type Plan, reportedOptions, ruleOf, weightsOf } from "./plan.ts";
import type { PictureDesk } from "./pool.ts";
import { PROPOSALS, RunFolder } from "./run_folder.ts";
import type { StopSignal } from "./stop.ts";
import { alreadyFinished, summarise, welcome } from "./summary.ts";
import { tuningRule } from "./tune_first_use.ts";
import { type ReadyPicture, writePicture } from "./write_picture.ts";

/** What a run needs of the world; tests put stand-ins here. */
export interface World {
  readonly out: Output;
  readonly disk: Disk;
  readonly openEngine: OpenEngine;
  readonly openDesk: () => PictureDesk;
  readonly stop: StopSignal;
}

/**
 * Runs `pipeline` or `propose`: pictures in, run folder out. Resumes what an earlier process
 * left; results are the same bytes either way.
 */
export async function runProposals(plan: Plan, world: World): Promise<ExitCode> {
  const { out, disk } = world;
  const { identity, inputs, values: { force } } = plan;
  using folder = await RunFolder.open(disk, plan.folder, PROPOSALS, {
    identity,
    pictures: inputs.pictures,
    force,
  });
  const done = await folder.repair();
  if (folder.earlier?.status === "finished") return alreadyFinished(out, plan, done);
  const run = new PictureRun(proposalJob(plan, world, folder), world, folder, done);
  await run.execute((tools) => finishRun(plan, folder, done, world, tools));
  await summarise(out, plan, done, run.wallMs);
  return EXIT.ok;
}

/** Pictures that are read, computed and saved together. */
export const batchSize = (
  { batch }: { readonly batch: number },
  { software }: AdapterReport,
): number => batch || (software ? 2 : 16);

/** The proposal stage as a job over pictures. */
function proposalJob(
  plan: Plan,
  world: World,
  folder: RunFolder<PictureRecord>,
): PictureJob<Engine, ReadyPicture, Proposals, PictureRecord> {
  const { values, inputs } = plan;
  return {
    folder: plan.folder,
    inputs,
    identity: plan.identity,
    strict: values.strict,
    about: {
      command: plan.commandLine,
      config: values,
      options: reportedOptions(plan),
      weights: weightsOf(plan),
    },
    open: (indices) => openEngine(plan, world, indices),
    batchSize: (adapter) => batchSize(values, adapter),
    read: (desk, index, engine) => desk.prepare(prepareTask(plan, index, engine)),
    compute: (engine, pictures) =>
      engine.propose(pictures.map(({ picture }) => picture), {
        stages: values["save-stages"] !== undefined,
      }),
    write: (desk, index, picture, result) =>
      writePicture(plan, folder, desk, { index, ...picture }, result),
    record: ({ record }) => record,
    masks: PROPOSALS.masks,
    welcome: (engine, done, other) => welcome(world.out, plan, engine.adapter, done, other),
  };
}

function openEngine(plan: Plan, world: World, indices: readonly number[]): Promise<Engine> {
  const pictures = indices.map((index) => plan.inputs.pictures[index]);
  return world.openEngine({
    ...engineSettings(plan),
    tuning: tuningRule(plan.values.tune, world),
    pictures: async (limits) => {
      const sizes = await pictureSizes(pictures.map(({ path }) => path));
      return plannedPictures(pictures.map(({ image }) => image), sizes, {
        ...limits,
        rule: (image) => ruleOf(plan, image),
        maxPixels: plan.values["max-pixels"],
      });
    },
  });
}

function prepareTask(plan: Plan, index: number, { patch, maxPatches }: Engine) {
  const { inputs, values, command } = plan;
  const { path, image, id } = inputs.pictures[index];
  const report = command === "pipeline";
  return {
    kind: "prepare" as const,
    path,
    image,
    id,
    rule: ruleOf(plan, image),
    patch,
    maxPatches,
    maxPixels: values["max-pixels"],
    thumbnail: report && index < values.gallery,
    overlay: report && values.overlays,
  };
}

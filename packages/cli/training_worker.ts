/** The worker that makes views, so that the GPU does not wait for them. */
import type { StepView } from "@fiedler/train";
import { serveSteps } from "./step_worker.ts";
import { type StepTask, ViewMaker, type ViewTaskSettings } from "./training_views.ts";

serveSteps((settings: ViewTaskSettings) => {
  const maker = new ViewMaker(settings);
  return async (task: StepTask) => {
    const views = await maker.make(task);
    return { made: { views }, buffers: views.flatMap(buffersOf) };
  };
});

/** All arrays of a view. */
const buffersOf = ({ rgb, targets: { masks, levels } }: StepView): ArrayBuffer[] =>
  [rgb, masks, ...levels.flatMap(({ categories, cells, maskOf }) => [categories, cells, maskOf])]
    .map(({ buffer }) => buffer);

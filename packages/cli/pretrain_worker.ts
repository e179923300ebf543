/** The worker that makes crops, so that the GPU does not wait for them. */
import { BatchMaker, type BatchSettings, type BatchTask } from "./pretrain_pictures.ts";
import { serveSteps } from "./step_worker.ts";

serveSteps((settings: BatchSettings) => {
  const maker = new BatchMaker(settings);
  return async (task: BatchTask) => {
    const made = await maker.make(task);
    const { batch } = made;
    const buffers = [...batch.crops, ...batch.localCrops].map(({ buffer }) =>
      buffer as ArrayBuffer
    );
    return { made, buffers };
  };
});

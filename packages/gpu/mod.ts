/**
 * All that touches `navigator.gpu`: device, tensors, memory, recording, readback, errors.
 *
 * @module
 */
export {
  type AdapterClass,
  adapterClass,
  type AdapterReport,
  type DeviceOptions,
} from "./adapter.ts";
export * from "./errors.ts";
export { expandWgsl, variantChoices, type Variants } from "./expand.ts";
export {
  Gpu,
  type GpuOptions,
  type HostArrays,
  type HostWork,
  POISON,
  type TuningChoice,
} from "./gpu.ts";
export * from "./kernel.ts";
export { isPlanner, openPlanner, type PlannedFor, PORTABLE_DEVICE } from "./planner.ts";
export { probePrelude } from "./pipelines.ts";
export { type PoolReport, sizeClass } from "./pool.ts";
export type { KernelTime } from "./profile.ts";
export { expectShape, formatShape, reshape, type Sizes, type SizesOf } from "./shape.ts";
export * from "./tensor.ts";
export type { TexelFormat } from "./texel_formats.ts";
export {
  parseTuning,
  sameForm,
  type TunedForm,
  type TunedForms,
  Tuning,
  type TuningKey,
  tuningKey,
  tuningName,
  type TuningTable,
} from "./tuning.ts";
export { type DatabaseFactory, indexedDbTuning, type TuningStore } from "./tuning_store.ts";

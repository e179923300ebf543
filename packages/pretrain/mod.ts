/**
 * Pretraining of vision transformers without labels: masked autoencoding and self-distillation.
 *
 * @module
 */
export { pictureOrder, type PretrainBatch, pretrainBatch } from "./batch.ts";
export { type CropColours, type CropSettings, randomCrop } from "./crops.ts";
export {
  type DinoConfig,
  type DinoCrops,
  type DinoInput,
  type DinoLoss,
  dinoLoss,
  type DinoNetwork,
  type HeadConfig,
  makeDino,
} from "./dino.ts";
export {
  type DecoderConfig,
  type MaeConfig,
  type MaeInput,
  maeLoss,
  type MaeNetwork,
  makeMae,
  type RecordedLoss,
} from "./mae.ts";
export { type PatchMask, type PatchMaskOptions, patchMasks } from "./masks.ts";
export { PretrainOptimiser, type PretrainOptimiserSettings } from "./optimiser.ts";
export { type LinearParameters, type NamedTensor, startNetwork } from "./parameters.ts";
export { DivergedError, Pretrainer, type PretrainReport } from "./pretrainer.ts";
export { SCENE_SETS, scenePicture, type SceneSet } from "./scene_sets.ts";
export { type Course, pretrainRate, teacherKeep, teacherTemperature } from "./schedule.ts";
export {
  type CourseSettings,
  DINO_TINY,
  type DinoSettings,
  MAE_TINY,
  type MaeSettings,
  type PretrainSettings,
} from "./settings.ts";
export {
  type BlockSizes,
  encodePatches,
  makeVit,
  positionRows,
  type TrainedBlock,
  type TrainedVit,
  transformerBlock,
} from "./vit_tape.ts";

/**
 * Pretraining of small vision transformers without labels: masked autoencoding.
 *
 * @module
 */
export {
  type DecoderConfig,
  type MaeConfig,
  type MaeInput,
  maeLoss,
  type MaeNetwork,
  makeMae,
  type RecordedLoss,
} from "./mae.ts";
export { PretrainOptimiser, type PretrainOptimiserSettings } from "./optimiser.ts";
export { type PatchMask, type PatchMaskOptions, patchMasks } from "./masks.ts";
export { type LinearParameters, type NamedTensor, startNetwork } from "./parameters.ts";
export {
  type BlockSizes,
  encodePatches,
  makeVit,
  positionRows,
  type TrainedBlock,
  type TrainedVit,
  transformerBlock,
} from "./vit_tape.ts";

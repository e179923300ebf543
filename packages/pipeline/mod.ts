/**
 * The paper in order: features, spectral clustering, component split, saliency, filter, NMS.
 *
 * @module
 */
export { extractKeys, type Extractor, greyOffset, packPixels } from "./1_features.ts";
export { type PatchColours, type SpectralCut, spectralCut } from "./2_spectral.ts";
export { splitComponents, type SplitMasks } from "./3_components.ts";
export { saliencyForeground } from "./4_saliency.ts";
export { filterMasks, type FilterOptions } from "./5_filter.ts";
export { suppressMasks } from "./6_nms.ts";
export { GreyOffsets } from "./grey_offsets.ts";
export * from "./options.ts";
export { MOST_PATCHES } from "./batches.ts";
export { type BatchSettings, sharesCut } from "./compute_batch.ts";
export { type BatchSize, planBatches } from "./plan_memory.ts";
export { type Explored, type ExploredStages, type Explorer, makeExplorer } from "./explorer.ts";
export type { StageTime } from "./kept_stages.ts";
export { SALIENCY_VECTORS, vectorLevels } from "./panels.ts";
export {
  makeProposer,
  type ProposeOptions,
  type Proposer,
  type ProposerSettings,
} from "./proposer.ts";
export * from "./propose.ts";
export * from "./record.ts";

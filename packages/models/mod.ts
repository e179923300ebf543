/**
 * Feature extractors: vision transformers and the checkpoints they are read from.
 *
 * @module
 */
export type * from "./backbone.ts";
export * from "./catalogue.ts";
export { CheckpointError } from "./checkpoints/errors.ts";
export { loadTimmVit } from "./checkpoints/timm.ts";
export { type PositionRule, positionTable } from "./positions.ts";
export * from "./vit.ts";
export { vitBackbone } from "./vit_backbone.ts";

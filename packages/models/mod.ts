/**
 * Feature extractors: vision transformers and the checkpoints they are read from.
 *
 * @module
 */
export { CheckpointError } from "./checkpoints/errors.ts";
export { loadTimmVit } from "./checkpoints/timm.ts";
export { type PositionRule, positionTable } from "./positions.ts";
export * from "./vit.ts";

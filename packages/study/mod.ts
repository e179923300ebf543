/**
 * What masks and keys say about instances, on labelled pictures: recall by number of instances, how
 * often objects share a cluster, how far keys tell instances apart, whether an only object is what
 * is salient, all with bootstrap errors, and how far extractors differ in them.
 *
 * @module
 */
export { bootstrap, type BootstrapOptions, type Estimate } from "./bootstrap.ts";
export { cellOwners, type Cells, type GridPlacement } from "./cells.ts";
export { type Claim, type Comparison, type Contender, testClaims, type Verdict } from "./claims.ts";
export { type Difference, differencesOf } from "./differences.ts";
export { type CosineSum, type KeyCosines, keyCosines, PURE } from "./key_gap.ts";
export {
  measure,
  type Measures,
  type Ratio,
  ratioOf,
  RECALL_BUCKETS,
  type RecallBucket,
} from "./measures.ts";
export { countMerges, type MergeCount, type Merges } from "./merge_rate.ts";
export { type PictureStudy, type StudyInput, type StudyObject, studyPicture } from "./picture.ts";
export { salientMask } from "./saliency.ts";
export type { StudyResult, StudySetResult } from "./results.ts";
export { type Counted, type Gaps, gapsOf, type StudySummary, summarise } from "./summary.ts";
export { type Method, paperColumns, paperRecall, type PaperRow, TABLE_1 } from "./table1.ts";

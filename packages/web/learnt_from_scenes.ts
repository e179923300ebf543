import type { TensorFile } from "@fiedler/io";

/**
 * Whether a file's weights learnt from generated scenes, as those that come with Fiedler did, and
 * say so: their keys are dominated by position unless those of a grey picture are subtracted.
 */
export const learntFromScenes = ({ metadata }: Pick<TensorFile, "metadata">): boolean =>
  metadata.trained_on === "procedural scenes";

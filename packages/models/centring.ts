import type { FoundModel } from "./found_model.ts";

/**
 * Whether features of a model are taken less those of a flat grey picture where nobody says
 * otherwise: those of Fiedler's own encoders, the ones that come with it and those of its
 * pretraining, which the rule of their positions tells. Without that their keys show position more
 * than objects. Published models are used as the paper uses them.
 *
 * @param model found in a file, or the file's own metadata.
 */
export const centredByDefault = ({ metadata }: Pick<FoundModel, "metadata">): boolean =>
  metadata.position === "sincos_span";

/** A step gave values that are no numbers; what it would have changed is as it was. */
export class NotFiniteError extends Error {
  /** `"NotFiniteError"`: training diverged, or met a picture or a start that it cannot digest. */
  override readonly name = "NotFiniteError";

  /** An error that says what to look at. */
  constructor(
    /** Number of the step, from 1. */
    readonly step: number,
    /** Terms of the loss that are not finite. */
    readonly terms: readonly string[],
    /** Parameters whose gradient has an element that is not finite. */
    readonly parameters: readonly string[],
    /** Pictures of the step, by their index in the training set. */
    readonly pictures: readonly number[],
  ) {
    super(
      `step ${step}: ${whatIs(terms, parameters)} not finite, pictures ${pictures.join(", ")}; ` +
        "no parameter was changed. Lower the learning rate or clip the gradient, and continue from a " +
        "checkpoint",
    );
  }
}

function whatIs(terms: readonly string[], parameters: readonly string[]): string {
  const parts = [
    ...terms.length > 0 ? [`${terms.join(", ")} of the loss`] : [],
    ...parameters.length > 0 ? [`the gradient of ${someOf(parameters)}`] : [],
  ];
  if (parts.length === 0) return "the norm of the gradient is";
  return `${parts.join(" and ")} ${terms.length + parameters.length > 1 ? "are" : "is"}`;
}

/** The first names, and how many more. */
function someOf(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(", ");
  return names.length > 3 ? `${shown} and ${names.length - 3} more parameters` : shown;
}

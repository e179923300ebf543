/** A data set that is not there as it should be: which file, what was needed, what to do. */
export class DataError extends Error {
  /** Always `"DataError"`. */
  override readonly name = "DataError";

  /**
   * An error of a folder or file.
   *
   * @param what What is wrong: what was needed, what came.
   * @param where The folder or file.
   * @param advice What to do about it.
   */
  constructor(readonly what: string, readonly where: string, readonly advice: string) {
    super(`${where}: ${what}; ${advice}`);
  }
}

/** Where to get a data set. */
export const adviceFor = ({ name }: { readonly name: string }): string =>
  `\`fiedler data info ${name}\` says where to get it and how it must lie`;

import { CocoFormatError } from "@fiedler/coco";
import { DataError } from "@fiedler/data";
import { FormatError, ImageError } from "@fiedler/io";
import { CliError, EXIT } from "./exit.ts";

/** Runs what reads data sets and label files; what is wrong with them becomes exit 3. */
export async function dataErrors<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (error instanceof DataError) {
      throw new CliError(EXIT.input, error.what, error.where, error.advice, { cause: error });
    }
    const wrong = error instanceof FormatError || error instanceof CocoFormatError ||
      error instanceof ImageError || error instanceof RangeError;
    if (!wrong) throw error;
    throw new CliError(
      EXIT.input,
      "a file of the data is not as it should be",
      error.message,
      "correct the file, or get it again",
      { cause: error },
    );
  }
}

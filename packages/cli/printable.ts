/** Control characters, other than the end of a line. */
// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;

/**
 * A text that does nothing to a terminal but appear. Names of files and of tensors come from
 * others, and may hold escape sequences.
 */
export const printable = (text: string): string =>
  text.replace(
    CONTROL,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );

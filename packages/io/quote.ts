const MAX_LENGTH = 80;

/** A name out of a file for messages: in quotes, its control characters harmless, and short. */
export function quoteName(name: string): string {
  return JSON.stringify(name.length > MAX_LENGTH ? `${name.slice(0, MAX_LENGTH)}…` : name);
}

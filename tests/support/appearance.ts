/** More than any wait of a busy machine; what never comes shall end the test all the same. */
const LIMIT_MS = 300_000;

/** Waits until there is a file. */
export async function appearance(path: string): Promise<void> {
  for (const end = Date.now() + LIMIT_MS; Date.now() < end;) {
    if (await Deno.stat(path).catch(() => null)) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`${path} did not come within ${LIMIT_MS / 1000} s`);
}

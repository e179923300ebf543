/** Fixtures where the conformance suites run: files under Deno, neighbours of the page elsewhere. */

/**
 * The bytes of a fixture.
 *
 * @param path from the folder `fixtures`, such as `"spectral/goldens.json"`.
 * @throws {Error} when there is none.
 */
export async function readFixture(path: string): Promise<Uint8Array<ArrayBuffer>> {
  if ("Deno" in globalThis) {
    return await Deno.readFile(new URL(`../../fixtures/${path}`, import.meta.url));
  }
  const url = new URL(`fixtures/${path}`, location.href);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} is needed, got status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** What a fixture in JSON says. */
export async function readJsonFixture<T>(path: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await readFixture(path)));
}

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../../packages/scenes/", import.meta.url));

/** What ECMAScript leaves to the engine, in the last bit or altogether. */
const LEFT_OPEN = new RegExp(
  String.raw`\*\*|\.sort\(\)|\bDate\b|\btoLocale|\bMath\.(?!` +
    String.raw`(abs|ceil|floor|imul|max|min|round|sqrt|LN2|SQRT1_2)\b)`,
);

async function* sources(folder: string): AsyncIterable<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* sources(join(folder, name));
    else if (name.endsWith(".ts")) yield join(folder, name);
  }
}

Deno.test("packages/scenes uses no maths that engines may round differently", async () => {
  let files = 0;
  for await (const path of sources(FOLDER)) {
    const code = (await Deno.readTextFile(path))
      .replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
    const found = LEFT_OPEN.exec(code);
    assert.equal(found, null, `${path} uses ${found?.[0]}`);
    files++;
  }
  assert.ok(files > 40, `only ${files} files were looked at`);
});

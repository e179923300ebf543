import assert from "node:assert/strict";
import { offences } from "../../tools/check_layers.ts";

Deno.test("check_layers finds imports against the flow, by name and by path", () => {
  const upward = 'import { x } from "@fiedler/pipeline";\nexport * from "../cli/main.ts";\n';
  assert.deepEqual(offences("packages/io", "packages/io/a.ts", upward), [
    "1: packages/io must not import packages/pipeline (@fiedler/pipeline)",
    "2: packages/io must not import packages/cli (../cli/main.ts)",
  ]);
  const downward = 'import { Gpu } from "@fiedler/gpu";\nimport { y } from "./y.ts";\n';
  assert.deepEqual(offences("packages/models", "packages/models/a.ts", downward), []);
});

Deno.test("check_layers finds Deno and navigator.gpu in code, not in comments", () => {
  const source =
    "// Deno.cwd() is fine here\n/* navigator.gpu too */\nDeno.cwd();\nnavigator.gpu;\n";
  assert.deepEqual(offences("packages/io", "packages/io/a.ts", source), [
    "3: only packages/cli names Deno",
    "4: only packages/gpu names navigator.gpu",
  ]);
});

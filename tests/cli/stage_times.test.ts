import assert from "node:assert/strict";
import { stageTimes } from "../../packages/cli/stage_times.ts";

Deno.test("stageTimes() tells computing by stage, in the order of the paper", () => {
  const parts = [
    { name: "waiting for pictures", ms: 1 },
    { name: "compute", ms: 100 },
    { name: "write", ms: 3 },
  ];
  const kernel = (stage: string, ms: number) => ({ stage, kernel: "k", calls: 1, ms });
  assert.deepEqual(stageTimes(parts, []), parts);
  const kernels = [
    kernel("masks", 5),
    kernel("grey picture", 7),
    kernel("features", 40),
    kernel("new", 1),
  ];
  assert.deepEqual(stageTimes(parts, [...kernels, kernel("features", 2)]), [
    { name: "waiting for pictures", ms: 1 },
    { name: "grey picture", ms: 7 },
    { name: "features", ms: 42 },
    { name: "masks", ms: 5 },
    { name: "new", ms: 1 },
    { name: "rest of computing", ms: 45 },
    { name: "write", ms: 3 },
  ]);
});

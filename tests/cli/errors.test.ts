import { GpuLostError, GpuMemoryError, NoAdapterError } from "@fiedler/gpu";
import { FormatError } from "@fiedler/io";
import { CheckpointError } from "@fiedler/models";
import assert from "node:assert/strict";
import { CliError, EXIT, EXIT_WORDS } from "../../packages/cli/exit.ts";
import { bugText, errorText, explain } from "../../packages/cli/errors.ts";
import { seconds } from "../../packages/cli/progress.ts";

Deno.test("explain() gives each kind of error its exit code", () => {
  const cases: readonly (readonly [Error, number])[] = [
    [new NoAdapterError("none"), EXIT.gpu],
    [new GpuLostError("gone"), EXIT.gpu],
    [new GpuMemoryError("too much"), EXIT.memory],
    [new FormatError("broken"), EXIT.checkpoint],
    [new CheckpointError("missing"), EXIT.checkpoint],
    [new CliError(EXIT.input, "what", "where", "advice"), EXIT.input],
  ];
  for (const [error, exit] of cases) assert.equal(explain(error)?.exit, exit, error.name);
  assert.equal(explain(new TypeError("x is undefined")), null);
});

Deno.test("an error is three lines: what, where, what to do", () => {
  const text = errorText(new CliError(EXIT.usage, "it is wrong", "here", "do this"));
  assert.equal(text, "error: it is wrong\n  where: here\n  to do: do this\n");
});

Deno.test("a bug comes with a report to send", () => {
  const text = bugText(new TypeError("x is undefined"), ["pipeline", "photos"]);
  assert.match(text, /^error: a bug in Fiedler/);
  assert.match(
    text,
    /----- report -----\nfiedler \d+\.\d+\.\d+, Deno .*\ncommand: fiedler pipeline/,
  );
  assert.match(text, /TypeError: x is undefined\n {4}at /);
});

Deno.test("every exit code is explained once in help", () => {
  const explained = EXIT_WORDS.map(([code]) => code);
  assert.deepEqual([...explained].sort(), [...new Set(Object.values(EXIT))].sort());
});

Deno.test("seconds() reads well from moments to days", () => {
  assert.deepEqual([0.04, 9.4, 42, 245, 25380].map(seconds), [
    "0.0 s",
    "9.4 s",
    "42 s",
    "4 min 05 s",
    "7 h 03 min",
  ]);
});

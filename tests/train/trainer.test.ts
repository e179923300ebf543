import assert from "node:assert/strict";
import { Trainer } from "@fiedler/train";
import { assertClose, conformance } from "../support/conformance.ts";
import { golden, networkOf, parametersOf, settingsOf, source, views } from "./step_case.ts";

conformance("Trainer", (test) => {
  for (const kind of ["sgd", "adamw"] as const) {
    test(`takes the ${golden.steps} steps of PyTorch: ${kind}`, async (gpu) => {
      const network = networkOf(gpu);
      const trainer = new Trainer(gpu, { network, source, settings: settingsOf(kind) });
      for (let step = 1; step <= golden.steps; step++) {
        const report = await trainer.step(views, step);
        if (step === 1) console.log(report, golden.terms);
      }
      const state = await trainer.state();
      for (const [name, expected] of parametersOf(golden[kind])) {
        assertClose(state.get(name)!.values, expected, { relative: 1e-3 });
      }
      trainer.free();
      assert.ok(true);
    });
  }
});

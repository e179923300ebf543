/** Encoders of `fiedler pretrain` are used as the embedded ones are, unless somebody says otherwise. */
import { openPlanner } from "@fiedler/gpu";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { loadExtractors } from "../../packages/cli/extractors.ts";
import { type PipelineValues, PROPOSE_FLAGS } from "../../packages/cli/flags.ts";
import { planRun } from "../../packages/cli/plan.ts";
import { findStudyModel } from "../../packages/cli/reproduce_models.ts";
import { valuesOf } from "../../packages/cli/reproduce_plan.ts";
import { findModel } from "../../packages/cli/weights.ts";
import { ownEncoder } from "./own_encoder.ts";
import { call, inFolder, testPicture } from "./support.ts";

const CHECKPOINTS = fileURLToPath(new URL("../../fixtures/checkpoints/", import.meta.url));

Deno.test("proposals: centred, shrunk, with DINO's saliency of the same size of patches", () =>
  inFolder(async (root) => {
    const model = await ownEncoder(root);
    await Deno.writeFile(join(root, "1.png"), testPicture(1));
    const planOf = async (given: Readonly<Record<string, unknown>>) => {
      const values = await valuesOf("propose", PROPOSE_FLAGS, given) as PipelineValues;
      return await planRun("propose", [join(root, "1.png")], values, []);
    };
    const centredOf = async (model: string, center: "auto" | "none" | "grey") => {
      const { model: weights } = await planOf({ model, center });
      const settings = { model: weights, saliencyModel: null, centre: center };
      const planner = await openPlanner();
      const { model: { centred } } = await loadExtractors(planner, settings, "zeros");
      planner.close();
      return centred;
    };
    assert.deepEqual([await centredOf(model, "auto"), await centredOf(model, "none")], [
      true,
      false,
    ]);
    const published = join(CHECKPOINTS, "dino_flat.pth");
    assert.deepEqual(
      [await centredOf(published, "auto"), await centredOf(published, "grey")],
      [false, true],
    );
    const plan = await planOf({ model, preset: "paper" });
    assert.deepEqual([plan.rule, plan.saliencyModel!.name], ["short:256", "dino-tiny"]);
    assert.equal((await planOf({ model: published })).rule, "native");
  }));

Deno.test("features --center auto subtracts those of grey, and says so", () =>
  inFolder(async (root) => {
    const args = ["features", join(CHECKPOINTS, "16x16.png"), "--model", await ownEncoder(root)];
    const run = async (...more: readonly string[]) => {
      const out = join(root, more.join("") || "default");
      const { said } = await call([...args, "--out", out, ...more]);
      const { centred } = JSON.parse(await Deno.readTextFile(join(out, "16x16.json")));
      return {
        centred,
        noted: said.notes.some((line) => /less the features of a flat/.test(line)),
      };
    };
    assert.deepEqual(await run(), { centred: false, noted: false });
    assert.deepEqual(await run("--center", "auto"), { centred: true, noted: true });
  }));

Deno.test("reproduce takes it for what it was trained for, and for a variant where told otherwise", () =>
  inFolder(async (root) => {
    const path = await ownEncoder(root);
    const [own, plain] = [await findStudyModel(path), await findStudyModel(`${path}:none`)];
    assert.deepEqual([own.method, own.centred, own.variant, own.small], ["mae", true, false, true]);
    assert.deepEqual([plain.method, plain.centred, plain.variant], [null, false, true]);
    assert.notEqual(own.sha256, (await findModel({ nameOrFile: "mae-tiny", flag: "" })).sha256);
  }));

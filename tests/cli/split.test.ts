import assert from "node:assert/strict";
import { join } from "node:path";
import { CliError } from "../../packages/cli/exit.ts";
import { call, inFolder, testPicture } from "./support.ts";

Deno.test("--split off is another run; on is that of folders from before there was a choice", () =>
  inFolder(async (root) => {
    const photos = join(root, "photos");
    await Deno.mkdir(photos);
    await Deno.writeFile(join(photos, "a.png"), testPicture(1));
    const out = join(root, "run");
    const propose = (...more: string[]) => call(["propose", photos, "--out", out, ...more]);
    const optionOf = async () => {
      const { identity, options } = JSON.parse(await Deno.readTextFile(join(out, "run.json")));
      const { value, source } = options.find(({ name }: { name: string }) => name === "split");
      return { told: identity.split, value, source };
    };
    await propose();
    assert.deepEqual(await optionOf(), { told: undefined, value: true, source: "§4, Table 6" });
    const again = await propose("--split", "on");
    assert.match(again.said.prints.join(), /^finished already/);
    await assert.rejects(propose("--split", "off"), (error) => {
      assert.ok(error instanceof CliError);
      assert.match(error.what, /another run:\n {2}split: nothing there, false now$/);
      return true;
    });
    await propose("--split", "off", "--force");
    assert.deepEqual(await optionOf(), { told: false, value: false, source: "§4, Table 6" });
    await assert.rejects(propose(), /another run/);
  }));

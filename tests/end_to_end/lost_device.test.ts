/** The device is taken away in the middle of real work: the results stay the same. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import type { OpenEngine } from "../../packages/cli/engine.ts";
import { openEngine } from "../../packages/cli/open_engine.ts";
import { call, inFolder, results } from "../cli/support.ts";

const PHOTO = fileURLToPath(new URL("../../fixtures/photos/horse.png", import.meta.url));

/** Notes every device that is made, so that a test can destroy it. */
function watchDevices(): { readonly devices: GPUDevice[] } & Disposable {
  const original = GPUAdapter.prototype.requestDevice;
  const devices: GPUDevice[] = [];
  GPUAdapter.prototype.requestDevice = async function (this: GPUAdapter, descriptor) {
    const device = await original.call(this, descriptor);
    devices.push(device);
    return device;
  };
  return {
    devices,
    [Symbol.dispose]: () => {
      GPUAdapter.prototype.requestDevice = original;
    },
  };
}

Deno.test("a destroyed device is replaced, and the bytes do not change", () =>
  inFolder(async (root) => {
    const args = ["propose", PHOTO, "--resize", "short:64", "--out"];
    await call([...args, join(root, "whole")], { openEngine });
    const expected = await results(join(root, "whole"));
    for (const delayMs of [0, 5, 30, 80]) {
      using watch = watchDevices();
      let losses = 0;
      const fragile: OpenEngine = async (settings) => {
        const engine = await openEngine(settings);
        const device = watch.devices.at(-1)!;
        return {
          ...engine,
          propose: (pictures, options) => {
            if (losses++ < 2) setTimeout(() => device.destroy(), delayMs);
            return engine.propose(pictures, options);
          },
        };
      };
      const out = join(root, `lost after ${delayMs}`);
      const { exit } = await call([...args, out], { openEngine: fragile });
      assert.equal(exit, 0);
      assert.deepEqual(await results(out), expected, `lost after ${delayMs} ms`);
    }
  }));

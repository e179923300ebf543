import assert from "node:assert/strict";
import { adapterClass } from "@fiedler/gpu";

Deno.test("adapterClass() knows makers by name, by number, and else by description", () => {
  const cases = [
    ["nvidia", "", false, "nvidia"], // Chromium
    ["4318", "NVIDIA H100 80GB HBM3", false, "nvidia"], // Deno: PCI numbers
    ["4098", "AMD Radeon RX 7900 XT (RADV NAVI31)", false, "amd"],
    ["32902", "Intel(R) Arc(TM) A770", false, "intel"],
    ["apple", "", false, "apple"],
    ["0", "Apple M2", false, "apple"],
    ["", "NVIDIA GeForce RTX 5080", false, "nvidia"],
    ["qualcomm", "adreno", false, "unknown"],
    ["", "", false, "unknown"],
    ["65541", "llvmpipe (LLVM 15.0.6, 256 bits)", true, "cpu-emulated"],
    ["intel", "", true, "cpu-emulated"], // whoever made it
  ] as const;
  for (const [vendor, description, software, expected] of cases) {
    assert.equal(adapterClass({ vendor, description, software }), expected, description || vendor);
  }
});

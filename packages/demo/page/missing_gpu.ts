/// <reference lib="dom" />
import { byId, el } from "./dom.ts";

/** What to do in each browser, most used first. */
const BROWSERS: readonly (readonly [name: string, advice: string])[] = [
  [
    "Chrome, Edge, Opera",
    "have it from 113 on, on Android from 121 on. On Linux open " +
    "chrome://flags, enable “Unsafe WebGPU Support” and “Vulkan”, and start again.",
  ],
  [
    "Firefox",
    "has it on Windows from 141 on and on newer Macs; elsewhere open about:config and " +
    "set dom.webgpu.enabled to true.",
  ],
  ["Safari", "has it from 26 on, on Mac, iPhone and iPad."],
  [
    "Any of them",
    "must be allowed to use the graphics card: look for “hardware acceleration” or " +
    "“graphics acceleration” in its settings. And the page must come by https or from localhost.",
  ],
];

/**
 * Says that there is no WebGPU, and what to do.
 *
 * @param reason What WebGPU said.
 */
export function showMissingGpu(reason: string): void {
  byId("stage").replaceChildren(
    el(
      "div",
      { class: "missing" },
      el("h2", {}, "This browser gives no WebGPU"),
      el(
        "p",
        {},
        "Everything here is computed on your own graphics card, through WebGPU, and " +
          "without it there is nothing to show. Often it is a setting away:",
      ),
      el(
        "dl",
        {},
        ...BROWSERS.flatMap(([name, advice]) => [el("dt", {}, name), el("dd", {}, advice)]),
      ),
      el(
        "p",
        {},
        "Or do without a browser: ",
        el("code", {}, "./fiedler pipeline my-photos/"),
        " does the same for whole folders, on a machine without any graphics card, too.",
      ),
      el("p", { class: "hint" }, reason),
    ),
  );
  document.body.classList.add("no-gpu");
  for (const control of document.querySelectorAll<HTMLButtonElement>("main button, main input")) {
    control.disabled = true;
  }
}

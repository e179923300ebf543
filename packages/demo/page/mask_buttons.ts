/// <reference lib="dom" />
import type { MaskRecord } from "@fiedler/report";
import type { Selection } from "./selection.ts";

/** Makes every mask button inside `root` point at its mask and pin it. */
export function followButtons(root: HTMLElement, selection: Selection): void {
  const maskOf = (event: Event): number | null => {
    const id = (event.target as Element).closest<HTMLElement>("[data-mask]")?.dataset.mask;
    return id === undefined ? null : Number(id);
  };
  root.addEventListener("pointerover", (event) => selection.hover(maskOf(event)));
  root.addEventListener("pointerleave", () => selection.hover(null));
  root.addEventListener("focusin", (event) => {
    if ((event.target as Element).matches(":focus-visible")) selection.hover(maskOf(event));
  });
  root.addEventListener("focusout", () => selection.hover(null));
  root.addEventListener("click", (event) => {
    const id = maskOf(event);
    if (id !== null) selection.toggle(id);
  });
}

/** Marks the buttons of the mask that is looked at. */
export function markButtons(root: HTMLElement, mask: MaskRecord | null): void {
  for (const button of root.querySelectorAll<HTMLElement>("[data-mask]")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.mask) === mask?.id));
  }
}

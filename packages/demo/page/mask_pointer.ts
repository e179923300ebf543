/// <reference lib="dom" />
import type { MaskRecord } from "@fiedler/report";
import type { Selection } from "./selection.ts";

/** `id` of the mask that the target of an event stands for (`data-mask`). */
export function maskAt({ target }: Event): number | null {
  const id = (target as Element).closest<HTMLElement | SVGElement>("[data-mask]")?.dataset.mask;
  return id === undefined ? null : Number(id);
}

/** Lets whatever stands for a mask inside `root` light it up when it is pointed at, and pin it. */
export function followMasks(root: HTMLElement | SVGElement, selection: Selection): void {
  root.addEventListener("pointerover", (event) => selection.hover(maskAt(event)));
  root.addEventListener("pointerleave", () => selection.hover(null));
  root.addEventListener("click", (event) => {
    const id = maskAt(event);
    if (id !== null) selection.toggle(id);
  });
}

/** The same of buttons, which light masks up when they have the focus, too. */
export function followButtons(root: HTMLElement, selection: Selection): void {
  followMasks(root, selection);
  root.addEventListener("focusin", (event) => {
    if ((event.target as Element).matches(":focus-visible")) selection.hover(maskAt(event));
  });
  root.addEventListener("focusout", () => selection.hover(null));
}

/** Marks the buttons inside `root` that stand for the mask that is looked at. */
export function markButtons(root: HTMLElement, mask: MaskRecord | null): void {
  for (const button of root.querySelectorAll<HTMLElement>("[data-mask]")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.mask) === mask?.id));
  }
}

/// <reference lib="dom" />
import { CLUSTERS } from "./settings.ts";

/** What keys do. */
export interface KeyActions {
  /** To the mask so many places on. */
  step(by: 1 | -1): void;
  letGo(): void;
  toggleClusters(k: number): void;
}

/** Keys that work all over the page, but where something is typed, dragged or chosen with them. */
export function followKeys({ step, letGo, toggleClusters }: KeyActions): void {
  addEventListener("keydown", (event) => {
    const target = event.target as Element;
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest("dialog")) return;
    if (event.key === "Escape") return letGo();
    if (target.matches("input, select, textarea") && !target.matches("[type=checkbox]")) return;
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      event.preventDefault(); // rows of thumbnails would move
      step(event.key === "ArrowRight" ? 1 : -1);
    }
    if (CLUSTERS.includes(Number(event.key))) toggleClusters(Number(event.key));
  });
}

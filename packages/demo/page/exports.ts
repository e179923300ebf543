/// <reference lib="dom" />
import { sayError } from "./banners.ts";
import { byId } from "./dom.ts";
import { saveFile } from "./downloads.ts";
import { photoPixels } from "./photo.ts";
import type { Scene } from "./scene.ts";

/** The buttons that take the result away. */
export function makeExports(current: () => Scene | null): { enable(): void } {
  const stem = ({ photo: { name } }: Scene) => name.replace(/\.[^.]*$/, "");
  const on = (id: string, make: (scene: Scene) => Promise<void>) => {
    byId(id).addEventListener("click", async () => {
      const scene = current();
      if (!scene) return;
      try {
        await make(scene);
      } catch (error) {
        sayError("The file could not be made.", error);
      }
    });
  };
  void photoPixels;
  void stem;
  void saveFile;
  on("copy-link", async () => {
    await navigator.clipboard.writeText(location.href);
    const button = byId("copy-link");
    const before = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => button.textContent = before, 1500);
  });
  return {
    enable() {
      for (const id of ["export-coco", "export-cutouts", "export-palette", "copy-link"]) {
        byId(id, HTMLButtonElement).disabled = false;
      }
    },
  };
}

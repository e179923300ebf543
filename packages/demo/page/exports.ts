/// <reference lib="dom" />
import { plural } from "@fiedler/report";
import { cocoJson, cutouts, palettePng, zipFiles } from "../export.ts";
import { say, sayError } from "./banners.ts";
import { byId } from "./dom.ts";
import { saveFile } from "./downloads.ts";
import { photoPixels } from "./photo.ts";
import type { Scene } from "./scene.ts";

/** What a button makes of a scene. */
const MAKERS: Readonly<Record<string, (scene: Scene) => Promise<void> | void>> = {
  "export-coco": ({ shown, photo }) => {
    const file = new Blob([cocoJson(shown, photo)], { type: "application/json" });
    saveFile(file, `${stemOf(photo)}.coco.json`);
  },
  "export-cutouts": async ({ shown, photo }) => {
    const files = cutouts(await photoPixels(photo), shown.record);
    const zip = new Blob([zipFiles(files)], { type: "application/zip" });
    saveFile(zip, `${stemOf(photo)}-cut-outs.zip`);
  },
  "export-palette": ({ shown, photo }) => {
    const { png, lost } = palettePng(shown.record);
    saveFile(new Blob([png], { type: "image/png" }), `${stemOf(photo)}-masks.png`);
    if (lost > 0) {
      say("error", `${plural(lost, "mask")} not in the PNG: better ones cover all of it.`);
    }
  },
  "copy-link": async () => {
    await navigator.clipboard.writeText(location.href);
    const button = byId("copy-link");
    const words = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => button.textContent = words, 1500);
  },
};

const stemOf = ({ name }: Scene["photo"]): string => name.replace(/\.[^.]*$/, "");

/**
 * The buttons that take results away; they wait for the first one.
 *
 * @param current What is shown.
 */
export function makeExports(current: () => Scene | null): void {
  for (const [id, make] of Object.entries(MAKERS)) {
    byId(id, HTMLButtonElement).addEventListener("click", async () => {
      const scene = current();
      if (!scene) return;
      try {
        await make(scene);
      } catch (error) {
        sayError("That did not work.", error);
      }
    });
  }
}

/** Lets the buttons be pressed. */
export function enableExports(): void {
  for (const id of Object.keys(MAKERS)) byId(id, HTMLButtonElement).disabled = false;
}

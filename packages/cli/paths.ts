/** Paths, and where this checkout lies. */
export { basename, dirname, extname, join, relative, resolve, sep as SEPARATOR } from "node:path";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

/** The root of the checkout. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Pictures that come with Fiedler. */
export const PHOTOS = join(ROOT, "fixtures", "photos");

/** Weights that come with Fiedler, by name. */
export const EMBEDDED: Readonly<Record<string, string>> = {
  "mae-tiny": join(ROOT, "fixtures", "weights", "mae-tiny.safetensors"),
  "dino-tiny": join(ROOT, "fixtures", "weights", "dino-tiny.safetensors"),
};

/** Segmenters that come with Fiedler, by name. */
export const SEGMENTERS: Readonly<Record<string, string>> = {
  "scenes-tiny": join(ROOT, "fixtures", "segmenters", "scenes-tiny.safetensors"),
};

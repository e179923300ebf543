/** Inputs of the cases: numbers and pictures that are the same each time. */
import type { Gpu, Tensor } from "@fiedler/gpu";
import { bytesSource, decodeImage, openTensorFile, prepareImage, type RgbImage } from "@fiedler/io";
import { type Backbone, recognise } from "@fiedler/models";
import type { PreparedPicture } from "@fiedler/pipeline";
import { uniform } from "./peers/workloads.ts";

const FIXTURES = new URL("../../fixtures/", import.meta.url);

/** Uniform numbers on the GPU. */
export function random(gpu: Gpu, shape: readonly number[], scale = 1): Tensor {
  return gpu.upload(uniform(shape, scale).data, shape);
}

/** Keys with the structure of a picture: eight blobs on a smooth drift. */
export function clusteredKeys(gpu: Gpu, patches: number, dim = 64): Tensor {
  const keys = new Float32Array(patches * dim);
  for (let i = 0; i < patches; i++) {
    const blob = Math.floor(8 * i / patches);
    for (let d = 0; d < dim; d++) {
      keys[i * dim + d] = Math.sin(1 + 7.3 * blob + 1.7 * d * (blob + 1)) +
        0.5 * Math.sin(i * 12.9898 + d * 78.233) + 0.3 * Math.cos(i / patches * 3 + d);
    }
  }
  return gpu.upload(keys, [1, patches, dim]);
}

/** A label map of six blobs with ragged edges, 0 … 2: what components are counted in. */
export function blobs(gpu: Gpu, [rows, columns]: readonly [number, number]): Tensor<"u32"> {
  const labels = Uint32Array.from({ length: rows * columns }, (_, i) => {
    const [y, x] = [Math.floor(i / columns) / rows, (i % columns) / columns];
    return Math.floor(1.5 + 1.4 * Math.sin(7 * x + 2 * Math.sin(40 * y)) * Math.cos(5 * y));
  });
  return gpu.upload(labels, [1, rows, columns]);
}

/** One of the two embedded models. */
export async function embedded(
  gpu: Gpu,
  name: "mae-tiny" | "dino-tiny",
): Promise<{ name: string; sha256: string; backbone: Backbone; centred: true }> {
  const bytes = await Deno.readFile(new URL(`weights/${name}.safetensors`, FIXTURES));
  const backbone = await recognise(await openTensorFile(bytesSource(bytes))).load(gpu);
  return { name, sha256: name, backbone, centred: true };
}

/** A bundled photo as it was stored. */
export async function photo(file: string): Promise<RgbImage> {
  return await decodeImage(await Deno.readFile(new URL(`photos/${file}`, FIXTURES)));
}

/** A bundled photo as the proposal stage takes it by default: its short side 256. */
export async function preparedPhoto(
  file: string,
  id: number,
  patch: number,
): Promise<PreparedPicture> {
  const decoded = await photo(file);
  const { image: pixels, plan: { resized } } = prepareImage(decoded, "short:256", patch);
  return {
    ...{ image: file, id, sha256: "", pixels },
    size: [decoded.height, decoded.width],
    resized: [resized.height, resized.width],
  };
}

/** A bundled photo stretched to a size. */
export async function stretchedPhoto(
  file: string,
  id: number,
  [height, width]: readonly [number, number],
): Promise<PreparedPicture> {
  const from = await photo(file);
  const data = new Uint8Array(3 * height * width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = Math.floor(y * from.height / height) * from.width +
        Math.floor(x * from.width / width);
      data.set(from.data.subarray(3 * at, 3 * at + 3), 3 * (y * width + x));
    }
  }
  const size = [height, width] as const;
  return { image: file, id, sha256: "", pixels: { width, height, data }, size, resized: size };
}

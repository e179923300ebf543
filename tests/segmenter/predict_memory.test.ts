import assert from "node:assert/strict";
import { Gpu, GpuMemoryError, PORTABLE_DEVICE } from "@fiedler/gpu";
import { startParameters } from "@fiedler/models";
import {
  fitPicture,
  fittedSizes,
  makeNetwork,
  type MapSource,
  predict,
  predictBytes,
} from "@fiedler/segmenter";
import { integers } from "../support/random.ts";
import { FIVE_LEVELS } from "../support/five_levels.ts";

/** One map of a transformer of patches of 8, the same for all pictures. */
const source: MapSource = {
  strides: [8],
  channels: [64],
  maps: (gpu, { shape: [images] }, [rows, columns]) => {
    const map = Float32Array.from(
      integers(images * rows * columns, { seed: 1, limit: 256 }),
      (byte) => byte / 128 - 1,
    );
    return Promise.resolve([gpu.upload(map, [images, rows / 8, columns / 8, 64])]);
  },
  flops: () => 0,
  free: () => {},
};

const FIT = { shortSide: 128, longest: 512, multiple: 32 };
const OPTIONS = { scoreThreshold: 0, leastScore: 0, blockBytes: 2 ** 18 };

Deno.test("predictBytes() is what prediction takes at most", async () => {
  const [width, height] = [260, 200];
  const data = Uint8Array.from(integers(3 * width * height, { seed: 3, limit: 256 }));
  const picture = fitPicture({ width, height, data }, FIT);
  for (const images of [1, 3]) {
    using gpu = closing(await Gpu.open());
    const network = makeNetwork(FIVE_LEVELS, source, startParameters(gpu, 0));
    const { liveBytes } = gpu.memory;
    const { original, resized, padded } = picture;
    const sizes = { original, resized, padded };
    const planned = await predictBytes(gpu, { network, source, sizes, images, ...OPTIONS });
    const pictures = new Array(images).fill(picture);
    const [found] = await predict(gpu, network, source, pictures, OPTIONS);
    assert.ok(found.length > 50, `${found.length} masks were pasted`);
    const took = gpu.memory.neededBytes - liveBytes;
    assert.ok(took <= planned, `${took} of ${planned} planned`);
    // Point NMS leaves a third of the cells; in small blocks they take less than the network.
    assert.ok(took > 0.7 * planned, `${took} of ${planned} planned`);
  }
});

Deno.test("predictBytes() refuses what a device cannot hold at all", async () => {
  using gpu = closing(await Gpu.open());
  const network = makeNetwork(FIVE_LEVELS, source, ({ shape }) => gpu.empty(shape));
  const sizes = fittedSizes([100, 100], { ...FIT, shortSide: 20_000, longest: 20_000 });
  const maps: MapSource["maps"] = (gpu, _, [rows, columns]) =>
    Promise.resolve([gpu.empty([1, rows / 8, columns / 8, 64])]);
  const options = { network, source: { ...source, maps }, sizes };
  await assert.rejects(predictBytes(PORTABLE_DEVICE, options), GpuMemoryError);
});

/** A device that is closed at the end of its block. */
function closing(gpu: Gpu): Gpu & Disposable {
  return Object.assign(gpu, { [Symbol.dispose]: () => gpu.close() });
}

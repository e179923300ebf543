import assert from "node:assert/strict";
import { decodeRle, encodeRle, rleArea, rleBox } from "@fiedler/coco";
import type { Gpu } from "@fiedler/gpu";
import { startParameters } from "@fiedler/models";
import {
  cocoDetections,
  detect,
  type Detection,
  type DetectOptions,
  fitPicture,
  type FittedPicture,
  makeNetwork,
  type MapSource,
  predict,
} from "@fiedler/segmenter";
import { rleFromStrips } from "../../packages/segmenter/detect_runs.ts";
import { conformance } from "../support/conformance.ts";
import { generator, integers } from "../support/random.ts";
import { outputOf, plainOutput, uploadOutput } from "./predict_case.ts";
import { plainDetections, type PlainOutput, type PlainRules } from "./predict_reference.ts";
import { FIVE_LEVELS } from "../support/five_levels.ts";

const SIZES = {
  images: 3,
  categoryCount: 2,
  channels: 8,
  size: [16, 24],
  grids: [9, 7, 5, 4, 3],
} as const;
const PADDED = [64, 96] as const;
/** Not square, all padded: shrunk by the network's resize, as it came, and enlarged. */
const PICTURES = [
  { original: [122, 180], resized: [61, 90], padded: PADDED },
  { original: [64, 96], resized: [64, 96], padded: PADDED },
  { original: [33, 45], resized: [63, 86], padded: PADDED },
] as const;
const RULES = {
  leastPixels: [8, 8, 16, 32, 32],
  mostCells: 500,
  decay: "gaussian",
  leastScore: 0.05,
  mostDetections: 100,
} as const;

/** Compares with the f64 re-statement: cells, scores, every pixel, box and area. */
function assertDetections(
  actual: readonly Detection[],
  output: PlainOutput,
  image: number,
  rules: PlainRules,
): void {
  const [height, width] = rules.original;
  const expected = plainDetections(output, image, rules)
    .filter(({ probabilities }) => probabilities.some((p) => p > 0.5));
  // Logits, and with them counts and overlaps, are exact; maskness is good to 3e-6.
  const gaps = expected.slice(1).map(({ score }, i) => expected[i].score - score);
  assert.ok(Math.min(...gaps) > 1e-6, `scores differ by ${Math.min(...gaps)}: no order to compare`);
  assert.deepEqual(
    actual.map(({ cell, category }) => ({ ...cell, category })),
    expected.map(({ level, index, category }) => ({ level, index, category })),
  );
  actual.forEach((detection, i) => {
    const { probabilities, score, maskness, classScore } = expected[i];
    assert.ok(Math.abs(detection.score - score) < 1e-5);
    assert.ok(Math.abs(detection.maskness - maskness) < 1e-5);
    assert.ok(Math.abs(detection.classScore - classScore) < 1e-12);
    const { mask, box, area } = detection;
    assert.deepEqual(mask.size, [height, width]);
    decodeRle(mask.counts, height, width).forEach((value, pixel) => {
      const p = probabilities[pixel];
      if (Math.abs(p - 0.5) > 1e-5) assert.equal(value, Number(p > 0.5), `pixel ${pixel} of ${i}`);
    });
    assert.equal(area, rleArea(mask.counts));
    assert.deepEqual(box, rleBox(mask.counts, height));
  });
}

conformance("detect()", (test) => {
  const output = plainOutput(SIZES, 5);

  const settings: readonly [string, DetectOptions, Partial<PlainRules>][] = [
    ["by default", {}, {}],
    ["linearly", { nms: { decay: "linear" } }, { decay: "linear" }],
    ["with few cells", { mostCells: 11 }, { mostCells: 11 }],
    ["with few detections, better ones", { mostDetections: 7, leastScore: 0.2 }, {
      ...{ mostDetections: 7, leastScore: 0.2 },
    }],
    ["with masks of any size", { leastPixels: [0, 0, 0, 0, 0] }, { leastPixels: [0, 0, 0, 0, 0] }],
  ];
  for (const [how, options, rules] of settings) {
    test(`agrees with f64 ${how}`, async (gpu) => {
      const found = await detect(gpu, uploadOutput(gpu, output), PICTURES, options);
      assert.equal(found.length, 3);
      PICTURES.forEach((picture, image) => {
        assert.ok(found[image].length > 3);
        assertDetections(found[image], output, image, { ...RULES, ...picture, ...rules });
      });
    });
  }

  test("gives each picture what it gets alone, in blocks of any size", async (gpu) => {
    const together = await detect(gpu, uploadOutput(gpu, output), PICTURES);
    for (const [image, picture] of PICTURES.entries()) {
      const own = uploadOutput(gpu, outputOf(output, image));
      // One mask at a time, or a few masks of a picture and of the features.
      const options = [{ blockBytes: 1 }, { blockBytes: 5000 }, {}][image];
      assert.deepEqual(await detect(gpu, own, [picture], options), [together[image]]);
    }
  });

  test("reads back three times, and once where no cell shows anything", async (gpu) => {
    const count = async (body: () => Promise<unknown>) => {
      let reads = 0;
      const readAll = gpu.readAll.bind(gpu);
      gpu.readAll = (tensors) => (reads++, readAll(tensors));
      await body();
      gpu.readAll = readAll;
      return reads;
    };
    const tensors = uploadOutput(gpu, output);
    assert.equal(await count(() => detect(gpu, tensors, PICTURES)), 3);
    assert.equal(await count(() => detect(gpu, tensors, PICTURES, { scoreThreshold: 1 })), 1);
  });

  test("takes pictures without a cell beside one with a single one", async (gpu) => {
    const single = { ...output, categories: output.categories.map((c) => c.map(() => -9)) };
    const [categories, images, grid, cell] = [1, 1, 5, 12];
    single.categories[2][(categories * SIZES.images + images) * grid * grid + cell] = 3;
    // Its mask: whatever has features.
    single.kernels[2].fill(
      4,
      (images * grid * grid + cell) * 8,
      (images * grid * grid + cell + 1) * 8,
    );
    const found = await detect(gpu, uploadOutput(gpu, single), PICTURES);
    assert.deepEqual(found.map(({ length }) => length), [0, 1, 0]);
    assert.deepEqual(found[1][0].cell, { level: 2, index: cell });
    assert.equal(found[1][0].category, 1);
    PICTURES.forEach((picture, i) =>
      assertDetections(found[i], single, i, { ...RULES, ...picture })
    );
  });

  test("drops and reports masks that lie in the padding alone, and drops small ones", async (gpu) => {
    const sizes = { ...SIZES, images: 1, categoryCount: 1, grids: [2, 1] };
    const right = plainOutput(sizes, 1);
    right.categories[0].set([-9, -9, -9, 9]);
    right.categories[1].fill(-9);
    // Channel 0 is 1 in the right half, channel 1 everywhere: 2 · right − 1.
    right.features.forEach((_, at) => {
      const x = Math.floor(at / 8) % 24;
      right.features[at] = at % 8 === 0 ? Number(x >= 12) : Number(at % 8 === 1);
    });
    right.kernels[0].fill(0).set([2, -1], 3 * 8);
    const cropped = { original: [60, 40], resized: [60, 40], padded: PADDED } as const;
    const empty: [number, number][] = [];
    const onEmpty = (picture: number, masks: number) => empty.push([picture, masks]);
    const tensors = uploadOutput(gpu, right);
    assert.deepEqual(await detect(gpu, tensors, [cropped], { onEmpty }), [[]]);
    assert.deepEqual(empty, [[0, 1]]);
    const [[whole]] = await detect(gpu, tensors, [{
      ...cropped,
      resized: PADDED,
      original: PADDED,
    }]);
    assert.deepEqual(whole.box, [48, 0, 48, 64]);
    // 12 × 16 pixels of the mask features: just enough, and not.
    for (const [least, count] of [[191, 1], [192, 0]]) {
      const [found] = await detect(gpu, tensors, [{ ...cropped, resized: PADDED }], {
        leastPixels: [least, 0],
      });
      assert.equal(found.length, count);
    }
  });

  test("orders equals by level and cell", async (gpu) => {
    const sizes = { ...SIZES, images: 1, categoryCount: 1, grids: [3, 2] };
    const equal = plainOutput(sizes, 1);
    equal.categories.forEach((values) => values.fill(2));
    equal.kernels.forEach((values) => values.fill(1));
    const found = await detect(gpu, uploadOutput(gpu, equal), [PICTURES[1]], { mostCells: 7 });
    const cells = [...Array(9).keys()].slice(0, 7).map((index) => ({ level: 0, index }));
    assert.deepEqual(found[0].map(({ cell }) => cell), cells);
    assert.deepEqual(found[0].map(({ score }) => score / found[0][1].score > 5), [
      true,
      ...Array(6).fill(false),
    ]);
  });

  test("takes a crowd of more than 500 cells", async (gpu) => {
    const sizes = {
      images: 1,
      categoryCount: 1,
      channels: 4,
      size: [8, 8],
      grids: [30, 12],
    } as const;
    const crowd = plainOutput(sizes, 3);
    // Rising along rows and columns, so that point NMS leaves them all; in no order of levels.
    crowd.categories.forEach((values, level) =>
      values.forEach((_, cell) => values[cell] = -1 + cell * 0.002 + level * 0.3)
    );
    const picture = { original: [32, 32], resized: [32, 32], padded: [32, 32] } as const;
    const [found] = await detect(gpu, uploadOutput(gpu, crowd), [picture], {
      ...{ leastPixels: [2, 4], leastScore: 0 },
    });
    assertDetections(found, crowd, 0, { ...RULES, ...picture, leastPixels: [2, 4], leastScore: 0 });
    assert.equal(found.length, 100);
  });

  test("refuses pictures of another size, broken logits and options that cannot be", async (gpu) => {
    const tensors = uploadOutput(gpu, output);
    await assert.rejects(detect(gpu, tensors, PICTURES.slice(1)), {
      name: "ShapeError",
      message: "detect: mask features [3, 16, 24, 8] need 3 pictures, padded to a multiple of " +
        "16 × 24 pixels, got 64 × 96, 64 × 96",
    });
    await assert.rejects(detect(gpu, tensors, PICTURES, { leastPixels: [1] }), {
      message: "detect: leastPixels must have one entry for each of 5 levels, got 1",
    });
    await assert.rejects(detect(gpu, tensors, PICTURES, { leastScore: 2 }), {
      message: "detect: leastScore must lie in 0 … 1, got 2",
    });
    await assert.rejects(detect(gpu, tensors, PICTURES, { mostCells: 0 }), {
      message: "detect: mostCells must be a whole number from 1 on, got 0",
    });
    const broken = { ...output, categories: output.categories.map((c) => c.slice()) };
    broken.categories[1][4] = NaN;
    await assert.rejects(detect(gpu, uploadOutput(gpu, broken), PICTURES), {
      name: "RangeError",
      message: "detect: the logits of level 1 must be finite, got NaN at 4; " +
        "the weights or the feature maps are broken",
    });
  });
});

/** A backbone of block means: one map of stride 16. */
const BLOCKS: MapSource = {
  strides: [16],
  channels: [4],
  async maps(gpu, rgb, [height, width]) {
    const bytes = new Uint8Array((await gpu.read(rgb)).buffer);
    const [images, words] = rgb.shape;
    const map = new Float32Array(images * (height / 16) * (width / 16) * 4);
    for (let i = 0; i < images * height * width * 3; i++) {
      const [image, at] = [Math.floor(i / (height * width * 3)), i % (height * width * 3)];
      const [y, x] = [Math.floor(at / (3 * width)), Math.floor(at / 3) % width];
      const cell = (image * height / 16 + Math.floor(y / 16)) * (width / 16) + Math.floor(x / 16);
      map[4 * cell + at % 3] += bytes[image * 4 * words + at] / (256 * 64) - 1 / 128;
    }
    return [gpu.upload(map, [images, height / 16, width / 16, 4])];
  },
  flops: () => 0,
  free: () => {},
};

const noise = (width: number, height: number): FittedPicture => {
  const data = Uint8Array.from(integers(3 * width * height, { seed: width, limit: 256 }));
  return fitPicture({ width, height, data }, { shortSide: 32, longest: 96, multiple: 32 });
};

conformance("predict()", (test) => {
  const options = { scoreThreshold: 0.009, leastScore: 0, mostDetections: 5 };
  const networkOf = (gpu: Gpu) => makeNetwork(FIVE_LEVELS, BLOCKS, startParameters(gpu, 1));

  test("gives pictures of several sizes what they get alone, in their order", async (gpu) => {
    const network = networkOf(gpu);
    const pictures = [noise(50, 40), noise(20, 64), noise(40, 44), noise(61, 50)];
    const found = await predict(gpu, network, BLOCKS, pictures, { ...options, mostPictures: 2 });
    for (const [i, picture] of pictures.entries()) {
      assert.ok(found[i].length > 0);
      found[i].forEach(({ mask }) => assert.deepEqual(mask.size, picture.original));
      assert.deepEqual(await predict(gpu, network, BLOCKS, [picture], options), [found[i]]);
    }
    const { liveBytes } = gpu.memory;
    await predict(gpu, network, BLOCKS, pictures, options);
    assert.equal(gpu.memory.liveBytes, liveBytes); // everything is given back
    assert.deepEqual(await predict(gpu, network, BLOCKS, []), []);
  });

  test("refuses pictures that do not suit the network", async (gpu) => {
    const network = networkOf(gpu);
    const wrong = { ...noise(40, 40), padded: [48, 32] } as const;
    await assert.rejects(predict(gpu, network, BLOCKS, [noise(40, 40), wrong]), {
      message: "predict: picture 1 must be padded to multiples of 32 pixels, got 48 × 32 in 3072 " +
        "bytes; fit it with the network's multiple",
    });
    await assert.rejects(predict(gpu, network, BLOCKS, [], { mostPictures: 0 }), {
      message: "predict: mostPictures must be a whole number from 1 on, got 0",
    });
  });
});

Deno.test("fitPicture() scales the shorter side unless the longer one gets too long", () => {
  const fitted = (width: number, height: number, shortSide = 800, longest = 1333) => {
    const image = { width, height, data: new Uint8Array(3 * width * height).fill(7) };
    const { original, resized, padded, rgb } = fitPicture(image, {
      shortSide,
      longest,
      multiple: 32,
    });
    assert.deepEqual(original, [height, width]);
    assert.equal(rgb.length, 3 * padded[0] * padded[1]);
    rgb.forEach((byte, i) => {
      const inside = Math.floor(i / 3 / padded[1]) < resized[0] &&
        Math.floor(i / 3) % padded[1] < resized[1];
      if (byte !== (inside ? 7 : [124, 116, 104][i % 3])) assert.fail(`byte ${i} is ${byte}`);
    });
    return [...resized, ...padded];
  };
  assert.deepEqual(fitted(640, 480), [800, 1067, 800, 1088]);
  assert.deepEqual(fitted(427, 640), [1199, 800, 1216, 800]);
  assert.deepEqual(fitted(60, 20, 80, 100), [33, 100, 64, 128]);
  assert.deepEqual(fitted(6, 4, 3, 9), [3, 5, 32, 32]); // 4.5 is rounded up
  assert.deepEqual(fitted(1, 1, 40, 50), [40, 40, 64, 64]);
  assert.deepEqual(fitted(5000, 1), [1, 1333, 32, 1344]); // a pixel high, not none
});

Deno.test("fitPicture() refuses empty pictures and sizes that cannot be", () => {
  const options = { shortSide: 8, longest: 9, multiple: 4 };
  assert.throws(() => fitPicture({ width: 0, height: 2, data: new Uint8Array() }, options), {
    name: "RangeError",
    message: "fitPicture: a picture needs pixels of 3 bytes, got 0 × 2 pixels in 0 bytes",
  });
  const image = { width: 1, height: 1, data: new Uint8Array(3) };
  assert.throws(() => fitPicture(image, { ...options, shortSide: 0.5 }), {
    message: "fittedSizes: shortSide, longest and multiple must be positive whole numbers, " +
      "got 0.5, 9 and 4",
  });
});

Deno.test("rleFromStrips() gives the run lengths of any mask", () => {
  const draw = generator(1);
  for (const [height, width] of [[1, 1], [31, 3], [32, 2], [33, 4], [64, 1], [70, 5]]) {
    for (const density of [0, 0.02, 0.5, 0.98, 1]) {
      const mask = Uint8Array.from({ length: height * width }, () => Number(draw() < density));
      const words = new Uint32Array(Math.ceil(height / 32) * width);
      mask.forEach((value, i) => {
        const [y, x] = [Math.floor(i / width), i % width];
        words[Math.floor(y / 32) * width + x] |= value << (y % 32);
      });
      const expected = { size: [height, width], counts: encodeRle(mask, height, width) };
      assert.deepEqual(rleFromStrips(words, height, width), expected, `${height} × ${width}`);
    }
  }
});

Deno.test("cocoDetections() writes boxes and other ids on demand", () => {
  const detection: Detection = {
    ...{ score: 0.5, category: 1, cell: { level: 0, index: 3 }, classScore: 0.6, maskness: 0.9 },
    ...{ mask: { size: [2, 2], counts: [2, 2] }, box: [1, 0, 1, 2], area: 2 },
  };
  const options = { boxes: true, categoryIds: [18, 44] };
  const segmentation = { size: [2, 2], counts: "22" };
  assert.deepEqual(cocoDetections(9, [detection], options), [
    { image_id: 9, category_id: 44, segmentation, bbox: [1, 0, 1, 2], score: 0.5 },
  ]);
  assert.throws(() => cocoDetections(9, [detection], { categoryIds: [18] }), {
    name: "RangeError",
    message: "cocoDetections: category 1 needs an id, got 1 ids",
  });
});

import assert from "node:assert/strict";
import { resizeImage } from "@fiedler/io";
import { strongView, type StrongViewSettings, type TrainingView, weakView } from "@fiedler/train";
import {
  brighten,
  jitterColours,
  saturate,
  stretch,
  turnHue,
} from "../../packages/train/augment_colour.ts";
import { generator } from "../support/random.ts";

/** Nothing changes; tests switch on what they look at. */
const NOTHING: StrongViewSettings = {
  jitter: { probability: 0, brightness: 0, contrast: 0, saturation: 0, hue: 0 },
  grey: 0,
  blur: { probability: 0, sigma: [1, 1] },
  erasings: [],
};

/** Random pixels, and the mask of those whose red is at least 128. */
function randomView(width: number, height: number, seed = 1): TrainingView {
  const next = generator(seed);
  const data = Uint8Array.from({ length: 3 * width * height }, () => Math.floor(256 * next()));
  const mask = Uint8Array.from({ length: width * height }, (_, p) => data[3 * p] >> 7);
  return { width, height, data, instances: [{ mask, label: 3 }] };
}

const plain = (width: number, height: number, ...rgb: number[]): TrainingView => ({
  width,
  height,
  data: Uint8Array.from({ length: 3 * width * height }, (_, i) => rgb[i % 3]),
  instances: [],
});

Deno.test("weakView() makes the shorter side as long as asked, unless the longer one is too long", () => {
  const sizeOf = (width: number, height: number, short: number, longest?: number) => {
    const view = weakView(plain(width, height, 1, 2, 3), {
      random: { seed: 0 },
      shortSides: [short],
      longest,
    });
    assert.equal(view.data.length, 3 * view.width * view.height);
    return [view.width, view.height];
  };
  assert.deepEqual(sizeOf(64, 48, 80), [107, 80]); // 106.67
  assert.deepEqual(sizeOf(48, 64, 80), [80, 107]);
  assert.deepEqual(sizeOf(5, 4, 2), [3, 2]); // 2.5: halves up
  assert.deepEqual(sizeOf(100, 40, 80, 133), [133, 53]); // 53.2
  assert.deepEqual(sizeOf(100, 40, 80, 200), [200, 80]); // just as long as allowed
  assert.deepEqual(sizeOf(100, 40, 80, 199), [199, 80]); // 79.6
  assert.deepEqual(sizeOf(10, 2000, 640), [7, 1333]); // 6.67
});

Deno.test("weakView() draws every size, and both directions, alike", () => {
  const view = { ...plain(2, 1, 0, 0, 0), data: Uint8Array.of(255, 255, 255, 0, 0, 0) };
  const shortSides = [1, 2, 3, 4, 5, 6];
  const counts = new Array(7).fill(0);
  let flipped = 0;
  const seeds = 3000;
  for (let seed = 0; seed < seeds; seed++) {
    const { height, data } = weakView(view, { random: { seed, stream: 2 }, shortSides });
    counts[height]++;
    if (data[0] < 128) flipped++;
  }
  // Six standard deviations: of 3000 draws with p = 1/6 (20.4), and with p = ½ (27.4).
  for (const side of shortSides) assert.ok(Math.abs(counts[side] - 500) < 123, `${counts}`);
  assert.ok(Math.abs(flipped - 1500) < 165, `${flipped} flipped`);
});

Deno.test("weakView() moves masks with pixels", () => {
  const view = randomView(13, 7);
  for (const flip of [0, 1]) {
    const same = weakView(view, { random: { seed: 4 }, shortSides: [7], flip });
    assert.deepEqual(same.instances[0].label, 3);
    same.instances[0].mask.forEach((value, p) => {
      assert.equal(value, same.data[3 * p] >> 7);
      const [x, y] = [p % 13, Math.floor(p / 13)];
      const from = y * 13 + (flip ? 12 - x : x);
      assert.deepEqual(same.data.slice(3 * p, 3 * p + 3), view.data.slice(3 * from, 3 * from + 3));
    });
  }
});

Deno.test("weakView() resizes pixels with antialiasing and masks to the nearest pixel", () => {
  const view = randomView(13, 7);
  for (const short of [3, 5, 11, 20]) {
    const options = { random: { seed: 4 }, shortSides: [short] };
    const { width, height, data, instances } = weakView(view, { ...options, flip: 0 });
    assert.deepEqual(data, resizeImage(view, { width, height }).data);
    const [{ mask }] = instances;
    for (let p = 0; p < width * height; p++) {
      const x = Math.floor((p % width + 0.5) * 13 / width);
      const y = Math.floor((Math.floor(p / width) + 0.5) * 7 / height);
      assert.equal(mask[p], view.instances[0].mask[y * 13 + x]);
    }
    // The mirror image of the resized picture, not the resized mirror image.
    const flipped = weakView(view, { ...options, flip: 1 });
    const mirrored = (values: Uint8Array, channels: number) =>
      values.map((_, i) => {
        const [p, c] = [Math.floor(i / channels), i % channels];
        return values[(p - p % width + width - 1 - p % width) * channels + c];
      });
    assert.deepEqual(flipped.data, mirrored(data, 3));
    assert.deepEqual(flipped.instances[0].mask, mirrored(mask, 1));
  }
});

Deno.test("weakView() refuses what cannot be", () => {
  const random = { seed: 0 };
  const view = plain(4, 4, 0, 0, 0);
  assert.throws(() => weakView(view, { random, shortSides: [] }), /^RangeError: weakView: lengths/);
  assert.throws(() => weakView(view, { random, longest: 0.5 }), /^RangeError: .* longest 0.5$/);
  const wrong = { ...view, instances: [{ mask: new Uint8Array(3), label: 0 }] };
  assert.throws(
    () => weakView(wrong, { random }),
    /^RangeError: weakView: .* 4 × 4 entries, got 3$/,
  );
  assert.throws(() => weakView(plain(1, 4000, 0, 0, 0), { random }), /^RangeError: .* 0 × 1333/);
});

Deno.test("strongView() gives the same bytes for the same seed, and changes pixels alone", () => {
  const view = randomView(40, 30);
  const before = view.data.slice();
  const seen = new Set<string>();
  for (let seed = 0; seed < 40; seed++) {
    const random = { seed: 2 ** 40 + seed, stream: 9 };
    const strong = strongView(view, { random });
    assert.deepEqual(strongView(view, { random }), strong);
    assert.deepEqual([strong.width, strong.height], [40, 30]);
    assert.equal(strong.instances, view.instances);
    seen.add(strong.data.join());
  }
  assert.deepEqual(view.data, before);
  // All but the views to which nothing happened, 0.2 · 0.8 · 0.5 · 0.3 · 0.5 · 0.7 of them, differ.
  assert.ok(seen.size >= 36, `${seen.size} different views`);
});

Deno.test("strongView() with everything off is the view", () => {
  const view = randomView(9, 5);
  assert.deepEqual(strongView(view, { random: { seed: 1 }, settings: NOTHING }), view);
});

Deno.test("strongView() changes what its probabilities say", () => {
  // Six standard deviations of 600 draws are at most 6 · √(600 / 4) = 73.5.
  const view = randomView(8, 8);
  const erasing = { probability: 0.3, area: [0.1, 0.2], aspect: [1, 1] } as const;
  const jitter = { ...NOTHING.jitter, probability: 0.8, brightness: 0.4 };
  const cases: readonly [number, StrongViewSettings][] = [
    [0.8, { ...NOTHING, jitter }],
    [0.2, { ...NOTHING, grey: 0.2 }],
    [0.5, { ...NOTHING, blur: { probability: 0.5, sigma: [0.8, 2] } }],
    [0.3, { ...NOTHING, erasings: [erasing] }],
    [0, { ...NOTHING, erasings: [{ ...erasing, probability: 1, area: [2, 3] }] }], // never fits
  ];
  for (const [probability, settings] of cases) {
    let changed = 0;
    for (let seed = 0; seed < 600; seed++) {
      const { data } = strongView(view, { random: { seed }, settings });
      if (data.some((value, i) => value !== view.data[i])) changed++;
    }
    const off = Math.abs(changed - 600 * probability);
    assert.ok(off < (probability === 0 ? 1 : 73.5), `${changed} of 600 for ${probability}`);
  }
});

/** The colour of a plain picture after a jitter that always happens, for many seeds. */
function jittered(rgb: readonly number[], strengths: Partial<StrongViewSettings["jitter"]>) {
  const settings = { ...NOTHING, jitter: { ...NOTHING.jitter, probability: 1, ...strengths } };
  return Array.from({ length: 300 }, (_, seed) => {
    const { data } = strongView(plain(2, 1, ...rgb), { random: { seed }, settings });
    assert.deepEqual(data.slice(0, 3), data.slice(3)); // plain it stays
    return [...data.subarray(0, 3)];
  });
}

Deno.test("strongView() multiplies brightness by 0.6 … 1.4, and cuts at white", () => {
  const colours = jittered([100, 50, 200], { brightness: 0.4 });
  for (const [red, green, blue] of colours) {
    assert.ok(red >= 60 && red <= 140);
    assert.ok(Math.abs(green - red / 2) <= 0.75); // each is rounded to within a half
    assert.ok(Math.abs(blue - Math.min(255, 2 * red)) <= 1.5);
  }
  const reds = colours.map(([red]) => red);
  assert.ok(Math.min(...reds) < 63 && Math.max(...reds) > 137);
});

Deno.test("strongView() scales saturation about the pixel's grey", () => {
  const grey = 0.299 * 100 + 0.587 * 50 + 0.114 * 200; // 82.05
  const colours = jittered([100, 50, 200], { saturation: 0.4 });
  for (const [red, green, blue] of colours) {
    const factor = (blue - grey) / (200 - grey);
    assert.ok(factor > 0.59 && factor < 1.41);
    // The grey is whole, the levels are rounded, and so is the one that the factor is taken from.
    assert.ok(Math.abs(red - grey - factor * (100 - grey)) < 1.2);
    assert.ok(Math.abs(green - grey - factor * (50 - grey)) < 1.2);
  }
  assert.deepEqual(jittered([70, 70, 70], { saturation: 0.4 })[0], [70, 70, 70]);
});

Deno.test("strongView() scales contrast about the picture's mean grey", () => {
  const settings = { ...NOTHING, jitter: { ...NOTHING.jitter, probability: 1, contrast: 0.4 } };
  const view = { ...plain(2, 1, 0, 0, 0), data: Uint8Array.of(60, 60, 60, 140, 140, 140) };
  const seen: number[] = [];
  for (let seed = 0; seed < 300; seed++) {
    const { data } = strongView(view, { random: { seed }, settings });
    assert.ok(Math.abs(data[0] + data[3] - 200) <= 1, "symmetric about 100");
    seen.push(data[3] - 100);
  }
  assert.ok(Math.min(...seen) >= 24 && Math.min(...seen) < 26);
  assert.ok(Math.max(...seen) <= 56 && Math.max(...seen) > 54);
});

Deno.test("strongView() turns hue as HSV has it", () => {
  /** Hue in turns, saturation and value, by cases. */
  const hsv = (r: number, g: number, b: number) => {
    const [v, low] = [Math.max(r, g, b), Math.min(r, g, b)];
    const sixths = v === r
      ? (g - b) / (v - low)
      : v === g
      ? 2 + (b - r) / (v - low)
      : 4 + (r - g) / (v - low);
    return { hue: (sixths / 6 + 1) % 1, low, v };
  };
  for (const rgb of [[250, 20, 30], [30, 220, 90], [40, 10, 240], [200, 190, 5]]) {
    const before = hsv(rgb[0], rgb[1], rgb[2]);
    const turns = jittered(rgb, { hue: 0.1 }).map(([r, g, b]) => {
      const after = hsv(r, g, b);
      assert.deepEqual([after.low, after.v], [before.low, before.v]); // only the middle one moves
      return (after.hue - before.hue + 1.5) % 1 - 0.5;
    });
    // A level is 1 / 6 / 185 of a turn here, at most 0.001.
    assert.ok(turns.every((turn) => Math.abs(turn) < 0.101));
    assert.ok(Math.min(...turns) < -0.095 && Math.max(...turns) > 0.095);
    const mean = turns.reduce((sum, turn) => sum + turn) / turns.length;
    assert.ok(Math.abs(mean) < 6 * 0.1 / Math.sqrt(3 * 300)); // six standard deviations
  }
  assert.deepEqual(jittered([70, 70, 70], { hue: 0.1 })[0], [70, 70, 70]);
});

Deno.test("jitterColours() knows every order of its steps, and each once", () => {
  const { data } = randomView(4, 2);
  const strengths = { probability: 1, brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 };
  const after = (...steps: ((pixels: Uint8Array) => void)[]) => {
    const pixels = data.slice();
    for (const step of steps) step(pixels);
    return pixels.join();
  };
  const orders = <T>(list: readonly T[]): T[][] =>
    list.length === 0
      ? [[]]
      : list.flatMap((one) => orders(list.filter((x) => x !== one)).map((rest) => [one, ...rest]));
  const steps = [
    (pixels: Uint8Array) => brighten(pixels, 1.2), // three quarters of the way from 0.6 to 1.4
    (pixels: Uint8Array) => stretch(pixels, 1.2),
    (pixels: Uint8Array) => saturate(pixels, 1.2),
    (pixels: Uint8Array) => turnHue(pixels, 0.05), // from −0.1 to 0.1
  ];
  const expected = orders(steps).map((order) => after(...order));
  const actual = [0, 1, 2, 3].flatMap((i) =>
    [0, 1, 2].flatMap((j) =>
      [0, 1].map((k) =>
        after((pixels) =>
          jitterColours(pixels, strengths, [0, 0.75, 0.75, 0.75, 0.75, i / 4, (j + 0.1) / 3, k / 2])
        )
      )
    )
  );
  assert.deepEqual(actual.sort(), expected.sort());
  assert.ok(new Set(expected).size > 20); // the order shows
});

Deno.test("strongView() takes colour away by luma", () => {
  const settings = { ...NOTHING, grey: 1 };
  const view = randomView(9, 5);
  const { data } = strongView(view, { random: { seed: 0 }, settings });
  for (let i = 0; i < data.length; i += 3) {
    const luma = 0.299 * view.data[i] + 0.587 * view.data[i + 1] + 0.114 * view.data[i + 2];
    assert.ok(Math.abs(data[i] - luma) < 0.51); // its weights have 16 bits
    assert.ok(data[i] === data[i + 1] && data[i] === data[i + 2]);
  }
});

Deno.test("strongView() blurs by a Gaussian that goes on at the border", () => {
  const view = randomView(17, 12);
  for (const sigma of [0.1, 0.7, 2]) {
    const settings = { ...NOTHING, blur: { probability: 1, sigma: [sigma, sigma] } } as const;
    const { data } = strongView(view, { random: { seed: 0 }, settings });
    const reach = Math.ceil(3 * sigma);
    const weight = (dx: number, dy: number) => Math.exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
    data.forEach((value, i) => {
      const [x, y, c] = [Math.floor(i / 3) % 17, Math.floor(i / 51), i % 3];
      let [sum, weights] = [0, 0];
      for (let dy = -reach; dy <= reach; dy++) {
        for (let dx = -reach; dx <= reach; dx++) {
          const [u, v] = [Math.min(16, Math.max(0, x + dx)), Math.min(11, Math.max(0, y + dy))];
          sum += weight(dx, dy) * view.data[3 * (17 * v + u) + c];
          weights += weight(dx, dy);
        }
      }
      // Half a level of rounding, 1/128 between the passes, 2 · 13 · 255 · 2^-17 of the weights.
      assert.ok(Math.abs(value - sum / weights) < 0.5 + 1 / 128 + 0.051, `${sigma} at ${i}`);
    });
    const flat = plain(5, 4, 255, 128, 0);
    assert.deepEqual(strongView(flat, { random: { seed: 0 }, settings }), flat);
  }
});

Deno.test("strongView() erases rectangles of the areas and aspects asked for", () => {
  const [width, height] = [120, 80];
  const erasing = { probability: 1, area: [0.05, 0.2], aspect: [0.3, 3.3] } as const;
  const grey = plain(width, height, 128, 128, 128);
  const [areas, tall, centres] = [[] as number[], [] as boolean[], [] as number[]];
  const levels = new Array(256).fill(0);
  for (let seed = 0; seed < 200; seed++) {
    const { data } = strongView(grey, {
      random: { seed },
      settings: { ...NOTHING, erasings: [erasing] },
    });
    const pixels = [];
    for (let p = 0; p < width * height; p++) {
      const pixel = data.subarray(3 * p, 3 * p + 3);
      if (pixel.every((value) => value === 128)) continue;
      pixels.push(p);
      for (const value of pixel) levels[value]++;
    }
    const xs = pixels.map((p) => p % width), ys = pixels.map((p) => Math.floor(p / width));
    const columns = Math.max(...xs) - Math.min(...xs) + 1;
    const rows = Math.max(...ys) - Math.min(...ys) + 1;
    assert.ok(pixels.length > 0.999 * rows * columns); // a rectangle: noise equals grey once in 2^24
    const slack = (rows + columns + 1) / 2; // both sides are rounded to within a half
    assert.ok(rows * columns > 0.05 * 9600 - slack && rows * columns < 0.2 * 9600 + slack);
    assert.ok(rows / columns > 0.28 && rows / columns < 3.5);
    areas.push(rows * columns / 9600);
    tall.push(rows > columns);
    centres.push((Math.min(...xs) + columns / 2) / width);
  }
  assert.ok(Math.min(...areas) < 0.07 && Math.max(...areas) > 0.17);
  const share = tall.filter(Boolean).length / 200;
  assert.ok(Math.abs(share - 0.5) < 0.25, `${share} are taller than wide`);
  const mean = centres.reduce((sum, centre) => sum + centre) / 200;
  assert.ok(Math.abs(mean - 0.5) < 6 * 0.29 / Math.sqrt(200)); // uniform at the widest
  // Bytes are uniform: each level within six standard deviations of its share.
  const bytes = levels.reduce((sum, count) => sum + count);
  for (const count of levels) {
    assert.ok(Math.abs(count - bytes / 256) < 6 * Math.sqrt(bytes / 256), `${count} of ${bytes}`);
  }
});

Deno.test("strongView() fills each rectangle with noise of its own", () => {
  const all = { probability: 1, area: [0.1, 0.1], aspect: [1, 1] } as const;
  const settings = { ...NOTHING, erasings: [all, all] };
  const { data } = strongView(plain(100, 100, 128, 128, 128), { random: { seed: 0 }, settings });
  // Four pixels of noise that occur twice would betray a repeated sequence.
  const runs: string[] = [];
  for (let i = 0; i < data.length; i += 3) {
    const run = data.subarray(i, i + 12);
    if (!run.includes(128)) runs.push(run.join());
  }
  assert.ok(runs.length > 1000);
  assert.equal(new Set(runs).size, runs.length);
});

Deno.test("strongView() refuses ranges that cannot be", () => {
  const view = plain(4, 4, 0, 0, 0);
  const refused = (settings: Partial<StrongViewSettings>, message: RegExp) =>
    assert.throws(
      () => strongView(view, { random: { seed: 0 }, settings: { ...NOTHING, ...settings } }),
      (error) => error instanceof RangeError && message.test(error.message),
    );
  refused({ blur: { probability: 0, sigma: [0, 1] } }, /blur\.sigma .* got 0 and 1$/);
  const good = { probability: 0, area: [0.1, 0.2], aspect: [1, 2] } as const;
  refused(
    { erasings: [good, { ...good, area: [0.2, 0.1] }] },
    /erasings\[1\]\.area .* 0.2 and 0.1$/,
  );
  refused({ erasings: [{ ...good, aspect: [1, NaN] }] }, /erasings\[0\]\.aspect .* got 1 and NaN$/);
});

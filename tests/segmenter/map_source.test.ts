import assert from "node:assert/strict";
import type { Gpu } from "@fiedler/gpu";
import { type Backbone, colourBackbone, resnetBackbone } from "@fiedler/models";
import { greyOffset } from "@fiedler/pipeline";
import { mapSource } from "@fiedler/segmenter";
import { hashedResNet } from "../models/resnet_parameters.ts";
import { answersLater } from "../support/answers_later.ts";
import { assertSame, conformance } from "../support/conformance.ts";
import { packPictures } from "../support/pictures.ts";
import { integers } from "../support/random.ts";
import { embedded } from "../support/vit.ts";
import { FIVE_LEVELS } from "../support/five_levels.ts";

const SIZE = [32, 64] as const;
const KEYS = FIVE_LEVELS.features;

/** Two pictures of noise. */
function upload(gpu: Gpu) {
  const picture = (seed: number) => Uint8Array.from(integers(32 * 64 * 3, { seed, limit: 256 }));
  const words = packPictures([picture(1), picture(2)]);
  return gpu.upload(words, [2, words.length / 2]);
}

const extractor = (backbone: Backbone, centred = false) => ({ name: "a model", backbone, centred });

conformance("mapSource()", (test) => {
  for (const centred of [false, true]) {
    test(`gives a transformer's keys as one map${centred ? ", less the grey ones" : ""}`, async (gpu) => {
      const backbone = await embedded(gpu, "mae-tiny");
      const source = mapSource(extractor(backbone, centred), KEYS);
      assert.deepEqual([source.strides, source.channels], [[8], [128]]);
      const rgb = upload(gpu);
      const offset = centred ? await greyOffset(gpu, backbone, [4, 8]) : undefined;
      const expected = await gpu.read(backbone.features(gpu, rgb, [4, 8], { offset }));
      for (let round = 0; round < 2; round++) { // the second with a kept offset
        const [map, ...others] = await source.maps(gpu, rgb, SIZE);
        assert.equal(others.length, 0);
        assert.deepEqual(map.shape, [2, 4, 8, 128]);
        assertSame(await gpu.read(map), expected);
      }
      assert.equal(source.flops(SIZE), backbone.flops([4, 8]));
    });
  }

  test("waits for a backbone that another runtime computes", async (gpu) => {
    const backbone = await embedded(gpu, "mae-tiny");
    const before = gpu.memory.liveBytes;
    const rgb = upload(gpu);
    const source = (backbone: Backbone) => mapSource(extractor(backbone, true), KEYS);
    const [later, now] = [source(answersLater(backbone)), source(backbone)];
    const [map] = await later.maps(gpu, rgb, SIZE);
    const [expected] = await now.maps(gpu, rgb, SIZE);
    assert.deepEqual(map.shape, expected.shape);
    assertSame(await gpu.read(map), await gpu.read(expected));
    gpu.free(rgb, map, expected);
    for (const each of [later, now]) each.forget!(gpu);
    assert.equal(gpu.memory.liveBytes, before);
  });

  test("gives another facet of another layer", async (gpu) => {
    const backbone = await embedded(gpu, "mae-tiny");
    const features = { facet: "token", layer: 1 } as const;
    const rgb = upload(gpu);
    const [map] = await mapSource(extractor(backbone), features).maps(gpu, rgb, SIZE);
    const expected = backbone.features(gpu, rgb, [4, 8], features);
    assertSame(await gpu.read(map), await gpu.read(expected));
  });

  test("gives the stages of a ResNet", async (gpu) => {
    const backbone = resnetBackbone(await hashedResNet(gpu, "narrow", { enlarge: 2 }));
    const source = mapSource(extractor(backbone), KEYS);
    assert.deepEqual(source.strides, [4, 8, 16, 32]);
    assert.deepEqual(source.channels, [16, 24, 32, 40]);
    const rgb = upload(gpu);
    const maps = await source.maps(gpu, rgb, SIZE);
    assert.deepEqual(
      maps.map(({ shape }) => shape),
      source.strides.map((stride, i) => [2, 32 / stride, 64 / stride, source.channels[i]]),
    );
    const expected = await gpu.readAll(backbone.stages!.maps(gpu, rgb, SIZE));
    assert.deepEqual(await gpu.readAll(maps), expected);
    assert.equal(source.flops(SIZE), backbone.stages!.flops(SIZE));
  });

  for (const name of ["mae-tiny", "resnet"] as const) {
    test(`of ${name} frees all that it kept`, async (gpu) => {
      const before = gpu.memory.liveBytes;
      const backbone = name === "resnet"
        ? resnetBackbone(await hashedResNet(gpu, "narrow"))
        : await embedded(gpu, name);
      const source = mapSource(extractor(backbone, name === "mae-tiny"), KEYS);
      const rgb = upload(gpu);
      gpu.free(rgb, ...await source.maps(gpu, rgb, SIZE));
      assert.ok(gpu.memory.liveBytes > before);
      source.free(gpu);
      assert.equal(gpu.memory.liveBytes, before);
    });
  }

  test("forgets what it kept for sizes, and makes it anew", async (gpu) => {
    const source = mapSource(extractor(await embedded(gpu, "mae-tiny"), true), KEYS);
    const { liveBytes } = gpu.memory;
    const rgb = upload(gpu);
    const maps = await source.maps(gpu, rgb, SIZE);
    const [before] = await gpu.readAll(maps);
    gpu.free(rgb, ...maps);
    assert.ok(gpu.memory.liveBytes > liveBytes);
    source.forget!(gpu);
    assert.equal(gpu.memory.liveBytes, liveBytes);
    const [again] = await source.maps(gpu, upload(gpu), SIZE);
    assertSame(await gpu.read(again), before);
  });

  test("refuses features that there are not, and sizes that do not fit", async (gpu) => {
    const vit = extractor(await embedded(gpu, "mae-tiny"), true);
    const refusal = (body: () => unknown, message: string) =>
      assert.throws(body, { name: "RangeError", message });
    refusal(
      () => mapSource(vit, { facet: "token", layer: -1 }),
      "a model is centred, and only queries, keys and values can be",
    );
    refusal(() => mapSource(vit, { facet: "key", layer: 4 }), "a model has 4 layers, got layer 4");
    refusal(
      () => mapSource(extractor(colourBackbone()), { facet: "query", layer: -1 }),
      "a model has no query, only key",
    );
    const resnet = resnetBackbone(await hashedResNet(gpu, "narrow"));
    refusal(
      () => mapSource(extractor(resnet, true), KEYS),
      "a model is centred, and the stages of a ResNet cannot be",
    );
    for (const [one, stride] of [[vit, 8], [extractor(resnet), 32]] as const) {
      await assert.rejects(() => mapSource(one, KEYS).maps(gpu, upload(gpu), [36, 64]), {
        name: "RangeError",
        message: `mapSource: size must be of multiples of ${stride} pixels, got 36,64`,
      });
    }
  });
});

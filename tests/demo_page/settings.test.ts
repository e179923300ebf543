import assert from "node:assert/strict";
import fc from "fast-check";
import { PRESETS } from "@fiedler/pipeline";
import type { StudioOptions } from "../../packages/demo/studio.ts";
import {
  CLUSTERS,
  fromHash,
  OUTLINES,
  type Preset,
  presetOf,
  presetSettings,
  type SliderName,
  SLIDERS,
  toHash,
  withClusters,
  withSlider,
} from "../../packages/demo/page/settings.ts";

const MODELS = ["mae-tiny", "dino-tiny", "my vit.pth"].map((id) => ({
  ...{ id, title: id, about: id },
  patch: 8,
}));

/** Settings that the page's controls can reach. */
const reachable: fc.Arbitrary<StudioOptions> = fc.record({
  preset: fc.constantFrom(...Object.keys(PRESETS) as Preset[]),
  model: fc.constantFrom(...MODELS.map(({ id }) => id)),
  saliencyModel: fc.constantFrom(...MODELS.map(({ id }) => id), null),
  clusterCounts: fc.subarray([...CLUSTERS], { minLength: 1 }),
  outlines: fc.constantFrom(...Object.keys(OUTLINES)),
  places: fc.array(fc.nat(1000), { minLength: 5, maxLength: 5 }),
}).map(({ preset, model, saliencyModel, clusterCounts, outlines, places }) => {
  const base = presetSettings(preset, MODELS);
  const proposals = { ...base.proposals, clusterCounts, ...OUTLINES[outlines] };
  const names = Object.keys(SLIDERS) as SliderName[];
  return names.reduce<StudioOptions>((options, name, i) => {
    const { least, most, step } = SLIDERS[name];
    const value = least + Math.round((most - least) / step * places[i] / 1000) * step;
    return withSlider(options, name, Number(value.toFixed(2))); // as an input's value is read
  }, { ...base, model, saliencyModel, proposals });
});

Deno.test("an address keeps whatever the controls can be set to", () => {
  fc.assert(fc.property(reachable, (options) => {
    assert.deepEqual(fromHash(`#${toHash(options, MODELS)}`, MODELS), { options, refused: [] });
  }));
});

Deno.test("an address names what differs, and nothing of a preset as it is", () => {
  const practical = presetSettings("practical", MODELS);
  assert.equal(toHash(practical, MODELS), "");
  assert.equal(toHash(presetSettings("paper", MODELS), MODELS), "preset=paper");
  const changed = withSlider(withClusters(practical, 6), "saliencyThreshold", 0.4);
  assert.equal(toHash(changed, MODELS), "k=2-3-4-5-6&score=0.4");
  assert.equal(presetOf(practical), "practical");
  assert.equal(presetOf(changed), null);
});

Deno.test("an address without a side takes that of the page, one with a side keeps it", () => {
  assert.equal(fromHash("", MODELS, 128).options.shortSide, 128);
  assert.equal(fromHash("#side=320", MODELS, 128).options.shortSide, 320);
  const slow = fromHash("", MODELS, 128).options;
  assert.equal(toHash(slow, MODELS), "side=128"); // so that a link shows the same elsewhere
});

Deno.test("what an address cannot mean is told, and the rest taken", () => {
  const { options, refused } = fromHash(
    "#k=2-9&score=x&overlap=0.6&model=huge&smallest=2.5",
    MODELS,
  );
  assert.equal(options.proposals.nmsThreshold, 0.6);
  assert.deepEqual(options.proposals.clusterCounts, PRESETS.practical.clusterCounts);
  assert.deepEqual(refused, [
    "model=huge: must be mae-tiny, dino-tiny, my vit.pth",
    "k=2-9: must be numbers from 2 to 8, as in 2-3-4",
    "score=x: must be from 0 to 1",
    "smallest=2.5: must be from 0 to 40",
  ]);
  assert.deepEqual(fromHash("#preset=best", MODELS).refused, [
    "preset=best: must be paper or practical",
  ]);
});

Deno.test("the last number of clusters stays", () => {
  const one = withClusters(presetSettings("practical", MODELS), 2);
  assert.deepEqual(one.proposals.clusterCounts, [3, 4, 5]);
  const last = [3, 4].reduce(withClusters, one);
  assert.deepEqual(withClusters(last, 5).proposals.clusterCounts, [5]);
});

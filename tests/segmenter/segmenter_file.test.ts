import assert from "node:assert/strict";
import type { Gpu } from "@fiedler/gpu";
import { bytesSource, openSafetensors, type SafeTensor, writeSafetensors } from "@fiedler/io";
import { inferenceLayers, startParameters } from "@fiedler/models";
import {
  type BackboneRecord,
  expectParameters,
  loadNetwork,
  makeNetwork,
  type Network,
  networkPlans,
  readSegmenterFile,
  segmenterBytes,
  type SegmenterConfig,
  type SegmenterRecord,
  type StoredArray,
} from "@fiedler/segmenter";
import { TINY_TRAINING, Trainer } from "@fiedler/train";
import { conformance } from "../support/conformance.ts";
import { uniform } from "../support/random.ts";
import { FIVE_LEVELS } from "../support/five_levels.ts";

const SOURCE = { strides: [8], channels: [16] };

/** Small, with channels that are filled up to four: two categories, coordinates. */
const CONFIG: SegmenterConfig = {
  ...FIVE_LEVELS,
  heads: {
    ...{ categories: 2, channels: 8, grids: [3, 2], width: 8, convs: 1, groups: 2 },
    ...{ maskWidth: 8, maskChannels: 8, prior: 0.01 },
  },
  scaleRanges: [[1, 16], [8, 2048]],
  smooth: [true, true],
};

const BACKBONE: BackboneRecord = {
  name: "mae-tiny",
  sha256: "0123456789abcdef".repeat(4),
  release: "timm",
  encoder: "encoder",
  heads: null,
  centred: true,
};

const RECORD: SegmenterRecord = {
  config: CONFIG,
  backbone: BACKBONE,
  training: { steps: 400, seed: 7, pictures: { count: 3, names: ["a", "b", "ç"] }, factor: 0.25 },
};

/** Arrays of noise for every parameter of the small network. */
function arraysOf(config = CONFIG): Map<string, StoredArray> {
  return new Map(
    networkPlans(config, SOURCE).map(({ name, used }, seed) => {
      const count = used.reduce((a, b) => a * b);
      return [name, { shape: used, values: uniform(count, { seed }) }];
    }),
  );
}

const openBytes = async (bytes: Uint8Array<ArrayBuffer>) =>
  readSegmenterFile(await openSafetensors(bytesSource(bytes)));

/** A file with other metadata. */
async function openWith(change: Record<string, string | undefined>) {
  const bytes = await segmenterBytes(RECORD, arraysOf());
  const { metadata, tensors } = await openSafetensors(bytesSource(bytes));
  const kept = Object.entries({ ...metadata, ...change }).filter(([, value]) =>
    value !== undefined
  );
  return readSegmenterFile({
    ...{ format: "safetensors", tensors, others: new Map() },
    metadata: Object.fromEntries(kept) as Record<string, string>,
  });
}

/** All that a network of a source would be given, without its padding. */
async function parametersOf(gpu: Gpu, network: Network): Promise<Map<string, StoredArray>> {
  const state = await new Trainer(gpu, {
    ...{ network, settings: { ...TINY_TRAINING } },
    source: { ...SOURCE, maps: () => Promise.reject(), flops: () => 0, free: () => {} },
  }).state();
  return new Map([...state].filter(([name]) => !name.startsWith("optimiser.")));
}

conformance("loadNetwork()", (test) => {
  test("gives back every bit of a network, and what it says of a map", async (gpu) => {
    const network = makeNetwork(CONFIG, SOURCE, startParameters(gpu, 1));
    const bytes = await segmenterBytes(RECORD, await parametersOf(gpu, network));
    const loaded = await loadNetwork(gpu, await openBytes(bytes), SOURCE);
    assert.deepEqual(loaded.config, CONFIG);
    assert.deepEqual(
      loaded.parameters.map(({ plan }) => plan.name),
      network.parameters.map(({ plan }) => plan.name),
    );
    const tensors = ({ parameters }: Network) => parameters.map(({ tensor }) => tensor);
    // With the zeros that fill up to four.
    assert.deepEqual(await gpu.readAll(tensors(loaded)), await gpu.readAll(tensors(network)));
    const map = gpu.upload(uniform(8 * 8 * 16, { seed: 1 }), [1, 8, 8, 16]);
    const [first, second] = await gpu.readAll(
      [network, loaded].map((one) => one.forward(inferenceLayers(gpu), [map]).features),
    );
    assert.deepEqual(second, first);
    const again = await segmenterBytes(RECORD, await parametersOf(gpu, loaded));
    assert.deepEqual(again, bytes);
  });

  test("names parameters that the maps of another backbone would need", async (gpu) => {
    const file = await openBytes(await segmenterBytes(RECORD, arraysOf()));
    const before = gpu.memory.liveBytes;
    await assert.rejects(() => loadNetwork(gpu, file, { strides: [16], channels: [12] }), {
      name: "CheckpointError",
      message: 'segmenter file: "pyramid.up0.conv.weight" must be [2, 2, 8, 12], got ' +
        '[2, 2, 8, 16]; "pyramid.up1.conv.weight" is missing; "pyramid.up1.norm.weight" is ' +
        'missing; "pyramid.up1.norm.bias" is missing; "pyramid.lateral3.weight" must be ' +
        "[1, 1, 8, 8], got [1, 1, 16, 8]; it must be whole, and its backbone the one that it " +
        "was trained on",
    });
    assert.equal(gpu.memory.liveBytes, before);
  });

  test("keeps nothing of a file with a value that is not finite", async (gpu) => {
    const bytes = await segmenterBytes(RECORD, arraysOf());
    // The last value of the file, which stands in order of names.
    new DataView(bytes.buffer).setFloat32(bytes.length - 4, NaN, true);
    const file = await openBytes(bytes);
    const before = gpu.memory.liveBytes;
    const error = {
      name: "CheckpointError",
      message: 'segmenter file: "pyramid.up0.norm.weight", whose element 7 is NaN; ' +
        "take an earlier checkpoint",
    };
    await assert.rejects(() => loadNetwork(gpu, file, SOURCE), error);
    assert.equal(gpu.memory.liveBytes, before);
    await assert.rejects(() => file.state(), error);
  });
});

Deno.test("a segmenter's file keeps its record and arrays, an optimiser's among them", async () => {
  const arrays = arraysOf();
  const remembered = { shape: [8], values: uniform(8, { seed: 9 }) };
  arrays.set("optimiser.velocity.pyramid.output2.bias", remembered);
  const bytes = await segmenterBytes(RECORD, arrays);
  const backwards = new Map([...arrays].reverse());
  assert.deepEqual(await segmenterBytes(RECORD, backwards), bytes); // the same bytes in any order
  const file = await openBytes(bytes);
  const { config, backbone, training, shapes } = file;
  assert.deepEqual({ config, backbone, training }, RECORD);
  assert.deepEqual(await file.state(), arrays);
  assert.equal([...shapes.keys()].at(-1), "optimiser.velocity.pyramid.output2.bias");
  expectParameters(file, networkPlans(CONFIG, SOURCE));
  const [plan] = networkPlans(CONFIG, SOURCE);
  assert.deepEqual(await file.parameter(plan), arrays.get(plan.name)!.values);
  await assert.rejects(() => file.parameter({ ...plan, used: [1, 2] }), {
    name: "CheckpointError",
    message: `segmenter file: "${plan.name}" must be [1, 2], got [2, 2, 8, 16]; ` +
      "it must be whole, and its backbone the one that it was trained on",
  });
});

Deno.test("a file with missing, surplus and misshapen parameters names them", async () => {
  const plans = networkPlans(CONFIG, SOURCE);
  const refusal = async (spoil: (arrays: Map<string, StoredArray>) => void, problems: string) => {
    const arrays = arraysOf();
    spoil(arrays);
    const file = await openBytes(await segmenterBytes(RECORD, arrays));
    assert.throws(() => expectParameters(file, plans), {
      name: "CheckpointError",
      message: `segmenter file: ${problems}; ` +
        "it must be whole, and its backbone the one that it was trained on",
    });
  };
  await refusal(
    (arrays) => {
      arrays.delete("kernel.output.bias");
      arrays.set("head.bias", { shape: [1], values: new Float32Array(1) });
      arrays.set("category.output.bias", { shape: [3], values: new Float32Array(3) });
    },
    '"kernel.output.bias" is missing; "category.output.bias" must be [2], got [3]; ' +
      '"head.bias" is unknown',
  );
  await refusal(
    (arrays) => arrays.clear(),
    [
      ...plans.slice(0, 5).map(({ name }) => `"${name}" is missing`),
      `and ${plans.length - 5} more`,
    ].join("; "),
  );
});

Deno.test("a file of another kind or version is refused", async () => {
  const refusal = (change: Record<string, string | undefined>, message: string) =>
    assert.rejects(() => openWith(change), { name: "FormatError", message });
  await refusal(
    { format: undefined },
    "segmenter file: metadata must have format fiedler-segmenter, got none in a safetensors " +
      "file; give the file that a training wrote",
  );
  await refusal(
    { format: "pt" },
    'segmenter file: metadata must have format fiedler-segmenter, got "pt" in a safetensors ' +
      "file; give the file that a training wrote",
  );
  await refusal(
    { version: "2" },
    "segmenter file: version 2 is newer than 1, the newest that is read here; use a newer Fiedler",
  );
  for (const version of ["", "0", "1.5", "-1", "one"]) {
    await refusal(
      { version },
      `segmenter file: version must be a whole number, got ${JSON.stringify(version)}`,
    );
  }
});

Deno.test("a file with odd metadata is refused by the name of every odd field", async () => {
  const refusal = (change: Record<string, string | undefined>, message: string) =>
    assert.rejects(() => openWith(change), { name: "FormatError", message });
  const { shortSide: _, ...less } = { ...CONFIG, extra: { deep: 1 } };
  await refusal(
    { config: JSON.stringify({ ...less, heads: { ...CONFIG.heads, width: "64", prior: 1 } }) },
    'segmenter file: config: heads.width must be a whole number from 1 to 65536, got "64"; ' +
      "heads.prior must be between 0 and 1, got 1; shortSide is missing; extra.deep is unknown",
  );
  await refusal(
    { backbone: JSON.stringify({ ...BACKBONE, sha256: "ABC", centred: 1, encoder: "" }) },
    'segmenter file: backbone: sha256 must be 64 lower-case hexadecimal digits, got "ABC"; ' +
      'encoder must be a text, got ""; centred must be true or false, got 1',
  );
  for (const field of ["config", "backbone", "training"]) {
    await refusal({ [field]: undefined }, `segmenter file: ${field} is missing`);
    for (const text of ["", "[]", "null", "1", "{", '{"a":1}}', "\ud800"]) {
      await refusal(
        { [field]: text },
        `segmenter file: ${field} must be a JSON object, got ${JSON.stringify(text)}`,
      );
    }
  }
});

Deno.test("hostile metadata neither fools nor fells the reader", async () => {
  const deep = `{"a":${"[".repeat(1e6)}${"]".repeat(1e6)}}`;
  for (const field of ["config", "backbone", "training"]) {
    await assert.rejects(() => openWith({ [field]: deep }), {
      name: "FormatError",
      message: `segmenter file: ${field} must be a JSON object, got ${
        JSON.stringify(deep).slice(0, 80)
      }…`,
    });
  }
  // Brackets in texts are none, and dots in keys make no path.
  const { training } = await openWith({
    training: JSON.stringify({ note: "[".repeat(99) + '"{' }),
  });
  assert.deepEqual(training, { note: "[".repeat(99) + '"{' });
  const { heads, ...others } = CONFIG;
  const flat = Object.fromEntries(Object.entries(heads).map(([k, v]) => [`heads.${k}`, v]));
  await assert.rejects(
    () => openWith({ config: JSON.stringify({ ...others, ...flat }) }),
    /FormatError: segmenter file: config: heads\.categories is missing; .*"heads\.prior" is unknown$/,
  );
  const config = JSON.stringify(CONFIG).replace("{", '{"__proto__":{"x":1},');
  await assert.rejects(() => openWith({ config }), {
    name: "FormatError",
    message: 'segmenter file: config: "__proto__".x is unknown',
  });
  // Sizes beyond any network are refused before anything is planned with them.
  for (const change of [{ convs: 1e9 }, { grids: Array(1e5).fill(1) }, { width: 2 ** 40 }]) {
    const config = JSON.stringify({ ...CONFIG, heads: { ...CONFIG.heads, ...change } });
    await assert.rejects(
      () => openWith({ config }),
      /FormatError: segmenter file: config: heads\./,
    );
  }
});

Deno.test("segmenterBytes() writes nothing that could not be read", async () => {
  const config = { ...CONFIG, shortSide: NaN };
  await assert.rejects(() => segmenterBytes({ ...RECORD, config }, arraysOf()), {
    name: "RangeError",
    message: "segmenterParts: config: shortSide must be a whole number from 1 to 65536, got null",
  });
  const arrays = arraysOf();
  const { shape, values } = arrays.get("mask.output.conv.weight")!;
  arrays.set("mask.output.conv.weight", { shape, values: values.with(5, -Infinity) });
  await assert.rejects(() => segmenterBytes(RECORD, arrays), {
    name: "FormatError",
    message: 'segmenter file: cannot write "mask.output.conv.weight", whose element 5 is -Infinity',
  });
  arrays.set("mask.output.conv.weight", { shape: [...shape, 2], values });
  await assert.rejects(() => segmenterBytes(RECORD, arrays), { name: "FormatError" });
});

Deno.test("a segmenter's file whose tensors are no numbers is refused by name", async () => {
  const bytes = await segmenterBytes(RECORD, arraysOf());
  const { metadata, tensors } = await openSafetensors(bytesSource(bytes));
  const parts = new Map<string, SafeTensor>();
  for (const [name, { dtype, shape, read }] of tensors) {
    parts.set(name, { dtype, shape, data: await read() });
  }
  const [first] = networkPlans(CONFIG, SOURCE);
  const count = first.used.reduce((a, b) => a * b);
  parts.set(first.name, { dtype: "I32", shape: first.used, data: new Uint8Array(4 * count) });
  const file = await openBytes(writeSafetensors(parts, metadata));
  await assert.rejects(() => file.parameter(first), {
    name: "FormatError",
    message: `tensor "${first.name}": I32 is not read as f32, only F16, BF16, F32 and F64`,
  });
});

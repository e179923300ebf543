import type { Gpu, Tensor } from "@fiedler/gpu";
import {
  adamW,
  colourNeighbours,
  focalLoss,
  focalLossBackward,
  pairCounts,
  pairWeights,
  pairwiseLoss,
  pairwiseLossBackward,
  projectionLoss,
  projectionLossBackward,
  projectMasks,
  quarterLab,
  sgd,
} from "@fiedler/kernels/training";
import { dynamicConv, gatherRows, type Gradients, Tape } from "@fiedler/train";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { packMaskBits } from "../support/mask_bits.ts";
import { packPictures } from "../support/pictures.ts";

const { batch, ...optimisers } = JSON.parse(
  await Deno.readTextFile(new URL("../../fixtures/train/losses.json", import.meta.url)),
);
const [HEIGHT, WIDTH] = batch.grid as [number, number];
const PIXELS = HEIGHT * WIDTH;
const ENTRIES = batch.entries as { image: number; level: number; mask: number; row: number }[];
const MASKS = (batch.masks as string[]).map((text) => [...text].map(Number));
/** The image of each mask. */
const IMAGES = MASKS.map((_, mask) => ENTRIES.find((entry) => entry.mask === mask)!.image);

const bytesOf = (text: string) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const floatsOf = (text: string) => new Float32Array(bytesOf(text).buffer);
const tensorOf = (gpu: Gpu, text: string, shape: readonly number[]) =>
  gpu.upload(floatsOf(text), shape);
const wordsOf = (gpu: Gpu, values: readonly number[]) =>
  gpu.upload(Uint32Array.from(values), [values.length]);

/** Bits of alike neighbours of each picture, from the pictures. */
function neighboursOf(gpu: Gpu): { lab: Tensor; bits: Tensor<"u32"> }[] {
  return (batch.pictures as string[]).map((text, image) => {
    const words = packPictures([bytesOf(text)]);
    const size = batch.sizes[image];
    const lab = quarterLab(gpu, gpu.upload(words, [words.length]), {
      size,
      grid: batch.grid,
      valid: [batch.validHeights[image], size[1]],
    });
    return { lab, bits: colourNeighbours(gpu, lab) };
  });
}

/** Row of each entry in `wanted` images; their masks, and weights that average within levels. */
function entriesOf(gpu: Gpu, images: readonly number[]) {
  const wanted = ENTRIES.filter(({ image }) => images.includes(image));
  const levels = new Set(ENTRIES.map(({ level }) => level)).size;
  const share = ({ level }: { level: number }) =>
    1 / levels / ENTRIES.filter((other) => other.level === level).length;
  return {
    rows: wanted.map(({ row }) => row),
    counts: images.map((image) => wanted.filter((entry) => entry.image === image).length),
    maskOf: wordsOf(gpu, wanted.map(({ mask }) => mask)),
    weights: gpu.upload(Float32Array.from(wanted, share), [wanted.length]),
  };
}

/** Pictures, masks and the weights of pairs: all that is known before the forward pass. */
function targetsOf(gpu: Gpu) {
  const bits = gpu.empty([2, PIXELS / 4], "u32");
  neighboursOf(gpu).forEach((found, image) => gpu.copy(found.bits, bits, image * PIXELS / 4));
  const packed = packMaskBits(MASKS.flat(), PIXELS);
  const masks = gpu.upload(packed, [MASKS.length, packed.length / MASKS.length]);
  const profiles = projectMasks(gpu, masks, [HEIGHT, WIDTH]);
  const pairs = { bits, profiles, imageOf: wordsOf(gpu, IMAGES) };
  const pairShares = pairWeights(gpu, pairCounts(gpu, pairs, [HEIGHT, WIDTH]), {
    maskOf: wordsOf(gpu, ENTRIES.map(({ mask }) => mask)),
    groupOf: wordsOf(gpu, ENTRIES.map(({ level }) => level)),
    factor: 1 / new Set(ENTRIES.map(({ level }) => level)).size,
  });
  return { pairs, profiles, pairShares };
}

/**
 * The mask losses of some images, forth and back, as a trainer runs them: layers on the tape, losses
 * behind it.
 */
function maskLosses(
  gpu: Gpu,
  { kernelMap, features, pairShares, images, totals }: {
    kernelMap: Tensor;
    features: Tensor;
    pairShares: Tensor;
    images: readonly number[];
    totals?: Gradients;
  },
) {
  const { pairs, profiles } = targetsOf(gpu);
  const { rows, counts, ...given } = entriesOf(gpu, images);
  const tape = new Tape(gpu, [kernelMap, features]);
  const logits = dynamicConv(tape, gatherRows(tape, kernelMap, rows), features, counts);
  const projected = projectionLoss(gpu, logits, profiles, given);
  const asked = { maskOf: given.maskOf, weights: pairShares };
  const pairTerm = pairwiseLoss(gpu, logits, pairs, asked);
  const gradients = tape.backward([
    [logits, projectionLossBackward(gpu, logits, projected)],
    [logits, pairwiseLossBackward(gpu, logits, pairs, asked, batch.warmUp)],
  ], totals);
  return { terms: [projected.terms, pairTerm] as const, gradients };
}

conformance("losses against autograd", (test) => {
  test("Lab is skimage's, and the bits of alike neighbours are exact", async (gpu) => {
    const found = neighboursOf(gpu);
    const labs = await gpu.readAll(found.map(({ lab }) => lab));
    const colours = labs.flatMap((lab) => [...lab.filter((_, at) => at % 4 < 3)]);
    // See quarterLab's test: pow within 2e-6, differences of roots times 500.
    assertClose(colours, floatsOf(batch.lab), { absolute: 1e-3 });
    const bits = await gpu.readAll(found.map(({ bits }) => bits));
    bits.forEach((words, image) => {
      assertSame(new Uint8Array(words.buffer), bytesOf(batch.bits[image]));
    });
  });

  test("mask losses and their gradients agree", async (gpu) => {
    const kernelMap = tensorOf(gpu, batch.kernelMap, [24, 8]);
    const features = tensorOf(gpu, batch.features, [2, HEIGHT, WIDTH, 8]);
    const { pairShares } = targetsOf(gpu);
    const { terms, gradients } = maskLosses(gpu, {
      kernelMap,
      features,
      pairShares,
      images: [0, 1],
    });
    const [profileTerms, pairTerm, dMap, dFeatures] = await gpu.readAll([
      ...terms,
      gradients.get(kernelMap)!,
      gradients.get(features)!,
    ]);
    const [max, mean, pair] = batch.terms;
    // A dot product of 8 and sums of a few hundred f32 terms: some 30 roundings of 2^-24.
    assertClose([...profileTerms, ...pairTerm], [max, mean, pair], { absolute: 5e-6 });
    assertClose(dMap, floatsOf(batch.dKernelMap), { relative: 1e-5 });
    assertClose(dFeatures, floatsOf(batch.dFeatures), { relative: 1e-5 });
  });

  test("one image at a time gives the gradients of the batch", async (gpu) => {
    const kernelMap = tensorOf(gpu, batch.kernelMap, [24, 8]);
    const shares = await gpu.read(targetsOf(gpu).pairShares);
    const totals: Gradients = new Map();
    const perImage = [0, 1].map((image) => {
      const own = shares.filter((_, n) => ENTRIES[n].image === image);
      const all = floatsOf(batch.features);
      const part = all.slice(image * PIXELS * 8, (image + 1) * PIXELS * 8);
      const features = gpu.upload(part, [1, HEIGHT, WIDTH, 8]);
      const pairShares = gpu.upload(own, [own.length]);
      maskLosses(gpu, { kernelMap, features, pairShares, images: [image], totals });
      return totals.get(features)!;
    });
    const [dMap, first, second] = await gpu.readAll([totals.get(kernelMap)!, ...perImage]);
    assertClose(dMap, floatsOf(batch.dKernelMap), { relative: 1e-5 });
    assertClose([...first, ...second], floatsOf(batch.dFeatures), { relative: 1e-5 });
  });

  test("the focal loss and its gradient agree", async (gpu) => {
    const scores = tensorOf(gpu, batch.scores, [2, 40]);
    const labels = [...batch.targets as string].map(Number);
    const targets = gpu.upload(Uint32Array.from(labels), [2, 40]);
    const weight = 1 / (labels.filter((label) => label === 1).length + 1);
    const [value, dScores] = await gpu.readAll([
      focalLoss(gpu, scores, targets, { weight }),
      focalLossBackward(gpu, scores, targets, { weight }),
    ]);
    assertClose(value, [batch.terms[3]], { relative: 5e-6 });
    assertClose(dScores, floatsOf(batch.dScores), { relative: 5e-6 });
  });
});

conformance("optimisers against PyTorch", (test) => {
  const upload = (gpu: Gpu, values: readonly number[]) =>
    gpu.upload(Float32Array.from(values), [values.length]);

  test("sgd() takes the same five steps", async (gpu) => {
    const { start, rates, gradients, end } = optimisers.sgd;
    const parameter = upload(gpu, start);
    const velocity = gpu.zeros([7]);
    (rates as number[]).forEach((rate, step) => {
      const state = { parameter, gradient: upload(gpu, gradients[step]), velocity };
      sgd(gpu, state, { rate, momentum: 0.9, weightDecay: 0.1 });
    });
    // Five steps of some four roundings of values below 4.
    assertClose(await gpu.read(parameter), end, { absolute: 20 * 4 * 2 ** -24 });
  });

  test("adamW() takes the same five steps", async (gpu) => {
    const { start, rates, gradients, end } = optimisers.adamW;
    const parameter = upload(gpu, start);
    const [mean, square] = [gpu.zeros([7]), gpu.zeros([7])];
    (rates as number[]).forEach((rate, index) => {
      const state = { parameter, gradient: upload(gpu, gradients[index]), mean, square };
      adamW(gpu, state, { rate, step: index + 1, weightDecay: 0.1 });
    });
    // Steps of at most the rate, 0.2, whose ratio loses some 20 ulp; parameters below 2.
    assertClose(await gpu.read(parameter), end, { absolute: 5 * 20 * 2 ** -24 });
  });
});

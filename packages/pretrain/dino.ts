import { reshape, type Tensor } from "@fiedler/gpu";
import {
  columnSums,
  l2Normalise,
  matmul,
  matmulTransposed,
  mean,
  patchify,
} from "@fiedler/kernels";
import {
  crossEntropy,
  crossEntropyBackward,
  l2NormaliseBackward,
  linearBackwardWeight,
  makePlacement,
  NO_TARGET,
  rowEntropy,
  sinkhorn,
} from "@fiedler/kernels/training";
import type { MakeParameter, VitConfig } from "@fiedler/models";
import { concatRows, Tape } from "@fiedler/train";
import { gelu, layerNorm, linear, placeRows } from "./layers.ts";
import type { RecordedLoss } from "./mae.ts";
import { type LinearParameters, makeLinear, makeTensor, normal } from "./parameters.ts";
import { encodePatches, makeVit, positionRows, type TrainedVit } from "./vit_tape.ts";

/** The part of a self-distilled network that is thrown away after training. */
export interface HeadConfig {
  /** Width of its two hidden layers. */
  readonly hidden: number;
  /** Dimensions in which class tokens and prototypes are compared. */
  readonly bottleneck: number;
  /** How many prototypes there are. */
  readonly prototypes: number;
}

/** Shape and task of a self-distilled network. */
export interface DinoConfig {
  /** What is kept after training. */
  readonly encoder: VitConfig;
  /** What turns its class token into logits. */
  readonly head: HeadConfig;
  /** What the student's cosines are divided by. */
  readonly studentTemperature: number;
  /** What the teacher's are divided by, at the start and from a fifth of the course on. */
  readonly teacherTemperature: readonly [first: number, last: number];
  /** Share of the teacher that stays in the first step; the last one keeps all of it. */
  readonly teacherKeep: number;
  /** First steps in which the prototypes stay as they are. */
  readonly frozenPrototypes: number;
}

/** The parameters of a student, or of a teacher. */
export interface DinoNetwork {
  /** What is kept. */
  readonly encoder: TrainedVit;
  /** `[dim, hidden]`, `[hidden, hidden]` and `[hidden, bottleneck]`. */
  readonly layers: readonly LinearParameters[];
  /** `[prototypes, bottleneck]`, scaled to unit length where they are used. */
  readonly prototypes: Tensor;
}

/** Deviation of the head's first weights. */
const HEAD_DEVIATION = 0.06;

/** The parameters of a student, those of its head behind `head.`. */
export function makeDino(
  make: MakeParameter,
  { encoder, head: { hidden, bottleneck, prototypes } }: DinoConfig,
): DinoNetwork {
  const widths = [encoder.dim, hidden, hidden, bottleneck];
  return {
    encoder: makeVit(make, encoder),
    layers: [0, 1, 2].map((i) =>
      makeLinear(make, `head.${i}`, {
        from: widths[i],
        to: widths[i + 1],
        weight: normal(HEAD_DEVIATION),
      })
    ),
    prototypes: makeTensor(make, "head.prototypes", [prototypes, bottleneck], normal(1)),
  };
}

/** Crops of one size, all first ones before all second ones. */
export interface DinoCrops {
  /** `[crops × images, words]` u32: bytes of `[rows × patch, columns × patch, 3]`. */
  readonly rgb: Tensor<"u32">;
  /** `[rows, columns]` of patches. */
  readonly grid: readonly [rows: number, columns: number];
}

/** What a step of self-distillation compares. */
export interface DinoInput {
  /** Number of pictures. */
  readonly images: number;
  /** Two crops of each picture. */
  readonly crops: DinoCrops;
  /** Any number of smaller crops of each, or none. */
  readonly localCrops: DinoCrops | null;
  /** Of this step. */
  readonly teacherTemperature: number;
}

/** A loss with what shows a collapse. */
export interface DinoLoss extends RecordedLoss {
  /** `[1]` f32 each, in nats. */
  readonly monitors: {
    /** Mean entropy of the teacher's assignments: near 0 they are hard, at ln prototypes void. */
    readonly teacherEntropy: Tensor;
    /** Entropy of their mean: below ln prototypes by as much as prototypes are used unevenly. */
    readonly meanEntropy: Tensor;
  };
}

/**
 * The loss of self-distillation: what the teacher says of a picture's one crop, evened out over the
 * prototypes, the student is to say of its other crop and of all smaller ones.
 *
 * Source: Caron et al. 2021 (DINO), arXiv 2104.14294, algorithm 1, with the assignment of Caron et al.
 * 2020 (SwAV), arXiv 2006.09882, §3.1, in place of centring.
 *
 * @param tape of the student's parameters.
 * @throws {ShapeError} when crops do not fit their grid.
 */
export function dinoLoss(
  tape: Tape,
  student: DinoNetwork,
  teacher: DinoNetwork,
  { encoder, studentTemperature: temperature }: DinoConfig,
  { images, crops, localCrops, teacherTemperature }: DinoInput,
): DinoLoss {
  const { gpu } = tape;
  const targets = gpu.scope(() => {
    const silent = new Tape(gpu, []);
    const logits = project(silent, teacher, classTokens(silent, teacher.encoder, encoder, crops));
    return sinkhorn(gpu, logits, { temperature: teacherTemperature }); // [2 × images, prototypes]
  });
  const tokens = [crops, ...localCrops ? [localCrops] : []]
    .map((of) => classTokens(tape, student.encoder, encoder, of));
  const all = concatRows(tape, tokens); // [crops × images, dim]
  const logits = project(tape, student, all); // [crops × images, prototypes]
  const pairs = targetPairs(images, all.shape[0] / images);
  const terms = pairs.filter((row) => row !== NO_TARGET).length;
  const against = { targets, pairs: gpu.upload(pairs, [pairs.length / 2, 2]) };
  const options = { temperature, scale: 1 / terms };
  const columns = targets.shape[1];
  const shares = reshape(columnSums(gpu, targets), [1, columns]);
  return {
    loss: crossEntropy(gpu, logits, against, options),
    roots: [[logits, crossEntropyBackward(gpu, logits, against, options)]],
    monitors: {
      teacherEntropy: mean(gpu, rowEntropy(gpu, targets)),
      meanEntropy: rowEntropy(gpu, shares, { scale: 1 / targets.shape[0] }),
    },
  };
}

/** Of each crop the teacher's rows: the other large crop's for a large one, both for a small one. */
function targetPairs(images: number, crops: number): Uint32Array<ArrayBuffer> {
  const pairs = new Uint32Array(2 * crops * images).fill(NO_TARGET);
  for (let row = 0; row < crops * images; row++) {
    const image = row % images;
    const crop = Math.floor(row / images);
    pairs[2 * row] = crop === 0 ? images + image : image;
    if (crop >= 2) pairs[2 * row + 1] = images + image;
  }
  return pairs;
}

/** The class token of each crop behind the last norm, `[crops × images, dim]`. */
function classTokens(
  tape: Tape,
  vit: TrainedVit,
  config: VitConfig,
  { rgb, grid }: DinoCrops,
): Tensor {
  const { gpu } = tape;
  const { patch, mean, std, epsilon } = config;
  const [images] = rgb.shape;
  const count = grid[0] * grid[1];
  const patches = patchify(gpu, rgb, { grid, patch, mean, std }); // [images × patches, 3 × patch²]
  const everyPatch = Array(images).fill(Uint32Array.from(Array(count).keys()));
  const positions = positionRows(gpu, config, grid, everyPatch);
  const tokens = encodePatches(tape, vit, config, { patches, positions, images });
  const first = Uint32Array.from({ length: images }, (_, image) => image * (1 + count));
  const chosen = placeRows(tape, tokens, makePlacement(gpu, first, tokens.shape[0]));
  return layerNorm(tape, chosen, vit.norm, epsilon);
}

/** Cosines of the projected tokens and the prototypes, `[rows, prototypes]`. */
function project(tape: Tape, { layers, prototypes }: DinoNetwork, x: Tensor): Tensor {
  const hidden = gelu(tape, linear(tape, gelu(tape, linear(tape, x, layers[0])), layers[1]));
  const z = linear(tape, hidden, layers[2]);
  return products(tape, unitRows(tape, z), unitRows(tape, prototypes));
}

/** Rows scaled to unit length. */
function unitRows(tape: Tape, x: Tensor): Tensor {
  const { gpu } = tape;
  return tape.record(l2Normalise(gpu, x), [x], (dOut) => [l2NormaliseBackward(gpu, dOut, x)]);
}

/** The product of each row of a with each row of b. */
function products(tape: Tape, a: Tensor, b: Tensor): Tensor {
  const { gpu } = tape;
  return tape.record(matmulTransposed(gpu, a, b), [a, b], (dOut) => [
    tape.tracks(a) ? matmul(gpu, dOut, b) : null,
    tape.tracks(b) ? linearBackwardWeight(gpu, dOut, a) : null,
  ]);
}

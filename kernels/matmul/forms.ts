import { type AdapterClass, adapterClass, type Gpu } from "@fiedler/gpu";

/** A tile of `rows` × 4 · `columns` outputs per invocation, fed from global memory. */
export interface RegisterForm {
  /** `"broadcast"` hands the rows of a round by subgroup, and needs one subgroup size. */
  readonly kernel: "direct" | "broadcast";
  /** Rows of the tile. */
  readonly rows: number;
  /** Columns of the tile in vectors of 4. */
  readonly columns: number;
}

/** A tile per workgroup in its memory, of `down` · `rows` × `across` · 4 · `columns` outputs. */
export interface SharedForm {
  /** Barriers: what GPUs are made for, and CPU adapters are slowest at. */
  readonly kernel: "shared";
  /** Rows of the outputs of one invocation. */
  readonly rows: 4 | 8;
  /** Columns of the outputs of one invocation in vectors of 4. */
  readonly columns: 1 | 2;
  /** Invocations side by side. */
  readonly across: 8 | 16;
  /** Invocations below each other. */
  readonly down: 8 | 16;
}

/**
 * Which kernel computes a product, and its tile. All add up in the same order, so that the choice
 * changes nothing but speed.
 */
export type MatmulForm = RegisterForm | SharedForm;

/** Sizes of a batch of products `[rows, inner]` × `[inner, columns]`. */
export interface ProductSizes {
  /** Rows of a product. */
  readonly rows: number;
  /** Columns of a product. */
  readonly columns: number;
  /** Terms of a sum. */
  readonly inner: number;
  /** Outer axis of the batch. Default 1. */
  readonly images?: number;
  /** Inner axis of the batch. Default 1. */
  readonly heads?: number;
}

// Rows, and columns in vectors of 4.
const DIRECT_TILES = [[4, 1], [4, 2], [8, 2], [8, 4]] as const;
const BROADCAST_TILES = [[16, 1], [32, 1], [32, 2], [40, 2], [40, 4]] as const;

/** What a load of one lane costs, where a product of all of them costs 1: measured on llvmpipe. */
const LOAD = 8;

/** Tiles of 32 × 32, of 64 × 64 with 16 and with 64 outputs per invocation, and of 128 × 64. */
export const SHARED_FORMS: readonly SharedForm[] = [
  { kernel: "shared", rows: 4, columns: 1, across: 8, down: 8 },
  { kernel: "shared", rows: 4, columns: 1, across: 16, down: 16 },
  { kernel: "shared", rows: 8, columns: 2, across: 8, down: 8 },
  { kernel: "shared", rows: 8, columns: 2, across: 8, down: 16 },
];

/** Subgroup sizes that kernels with broadcasts have a variant for. */
export const SUBGROUPS: readonly number[] = [4, 8, 16, 32, 64];

/** Every form that runs on this adapter. */
export const matmulForms = (gpu: Gpu): MatmulForm[] => [...registerForms(gpu), ...SHARED_FORMS];

/** Every form without workgroup memory that runs on this adapter. */
export function registerForms(gpu: Gpu): RegisterForm[] {
  const tiles = (kernel: RegisterForm["kernel"], sizes: readonly (readonly [number, number])[]) =>
    sizes.map(([rows, columns]) => ({ kernel, rows, columns }));
  const forms = tiles("direct", DIRECT_TILES);
  if (SUBGROUPS.includes(gpu.adapter.subgroupSize ?? 0)) {
    forms.push(...tiles("broadcast", BROADCAST_TILES));
  }
  return forms;
}

const direct = (rows: number, columns: number): RegisterForm => ({
  kernel: "direct",
  rows,
  columns,
});

/** What GPUs of a maker take for many rows and columns, and for few. */
interface ClassForms {
  readonly large: MatmulForm;
  readonly small: MatmulForm;
}

/**
 * Starting points, none of them measured on these adapters: taken from what others report of them.
 *
 * - nvidia: tiles of 128 × 64 in workgroup memory with 8 × 8 outputs per invocation are what fast
 *   kernels in WGSL and CUDA have in common; 32 × 32 where larger ones are too few for the card.
 * - amd: four waves of 64 per tile of 64 × 64 hide the latency that one wave would wait for.
 * - apple: block and register tiles reach 61 to 72 % of an M2's peak, register tiles alone 40 %.
 * - intel: reading straight from global memory is faster than staging on Lunar Lake, and 8 × 8
 *   accumulators of 16 lanes would fill all registers.
 * - unknown: no barriers, a register tile that spills nowhere.
 */
const CLASS_FORMS: Readonly<Record<Exclude<AdapterClass, "cpu-emulated">, ClassForms>> = {
  nvidia: { large: SHARED_FORMS[3], small: SHARED_FORMS[0] },
  amd: { large: SHARED_FORMS[1], small: SHARED_FORMS[0] },
  apple: { large: SHARED_FORMS[2], small: SHARED_FORMS[0] },
  intel: { large: direct(4, 2), small: direct(4, 1) },
  unknown: { large: direct(4, 2), small: direct(4, 2) },
};

/** Tiles of 64 × 64 from which on there is work for all of a GPU: two for each of 132 units. */
const MANY_TILES = 264;

/**
 * With loads from textures no larger tile is faster on llvmpipe by more than a tenth at any size, and
 * this one compiles in half the time.
 */
const TEXEL_TILE: MatmulForm = { kernel: "broadcast", rows: 16, columns: 1 };

/** Rows or columns up to which a tile in workgroup memory would be mostly empty. */
const FEW = 16;

/** Columns up to which half of a large tile would be empty. */
const HALF_TILE = 32;

/** Columns up to which wide tiles would be mostly empty. */
const NARROW = 64;

/**
 * Columns up to which 4 lanes keep to 2 quads each, since 4 take longer to compile and gain nothing
 * at 48. Above, 4 take two thirds of the time on SwiftShader; of 40 rows they are slower again.
 */
const WIDE = 64;

/** The form of `matrices` products at once, where the caller names none: the tuned, or by class. */
export function defaultForm(gpu: Gpu, rows: number, columns: number, matrices = 1): MatmulForm {
  const shapeClass = matmulClass(rows, columns, matrices);
  const tuned = gpu.tuning.form("matmul", shapeClass, () => matmulForms(gpu));
  return tuned ?? classForm(gpu, rows, columns, matrices);
}

/** Shapes that the same form suits: what tuning measures one of. */
export function matmulClass(
  rows: number,
  columns: number,
  matrices = 1,
): "few" | "narrow" | "small" | "large" {
  if (Math.min(rows, columns) <= FEW) return "few";
  if (columns <= NARROW) return "narrow";
  return tileCount(rows, columns, matrices) < MANY_TILES ? "small" : "large";
}

/** The default of the adapter's class, by size. */
export function classForm(gpu: Gpu, rows: number, columns: number, matrices = 1): MatmulForm {
  const adapter = adapterClass(gpu.adapter);
  if (adapter === "cpu-emulated") {
    if (gpu.adapter.texels && SUBGROUPS.includes(gpu.adapter.subgroupSize ?? 0)) return TEXEL_TILE;
    if (broadcastStep(gpu) === 1) return cheapestTile(gpu, rows, columns);
    const form = registerForm(gpu, rows, columns);
    return form.kernel === "broadcast" && columns > WIDE ? { ...form, columns: 4 } : form;
  }
  const { large, small } = CLASS_FORMS[adapter];
  if (Math.min(rows, columns) <= FEW) return registerForm(gpu, rows, columns);
  const fewTiles = tileCount(rows, columns, matrices) < MANY_TILES;
  return fewTiles || columns <= HALF_TILE ? small : large;
}

/**
 * The default among forms without workgroup memory. On software adapters with subgroups the largest
 * broadcast tile that fits, since their loads cost far more than their arithmetic; elsewhere the
 * direct tile.
 */
export function registerForm(gpu: Gpu, rows: number, columns: number): RegisterForm {
  const size = gpu.adapter.subgroupSize ?? 0;
  if (!gpu.adapter.software || !SUBGROUPS.includes(size)) {
    return direct(gpu.adapter.software ? 8 : 4, 2);
  }
  return {
    kernel: "broadcast",
    rows: rows > 16 ? 32 : 16,
    columns: rows > 16 && columns > 4 * size ? 2 : 1,
  };
}

/**
 * Columns of a per round of the broadcast kernel. One on CPU adapters of 8 lanes and more: half the
 * time to compile on llvmpipe, which leaves room for larger tiles. With the 4 lanes of SwiftShader
 * it is a quarter slower.
 */
export const broadcastStep = ({ adapter: { software, subgroupSize, texels } }: Gpu): 1 | 4 =>
  software && (subgroupSize ?? 0) >= 8 && !texels ? 1 : 4;

/**
 * The broadcast tile of the least work, what sticks out of the matrix included. Per column of a, a
 * lane loads its rows of a and 4 · quads values of b.
 */
function cheapestTile(gpu: Gpu, rows: number, columns: number): RegisterForm {
  const lanes = gpu.adapter.subgroupSize!;
  const work = ([tileRows, quads]: readonly [number, number]) =>
    Math.ceil(rows / tileRows) * Math.ceil(columns / (4 * quads * lanes)) *
    (LOAD * lanes * (Math.ceil(tileRows / lanes) + 4 * quads) + 4 * quads * tileRows);
  const [tileRows, quads] = BROADCAST_TILES.reduce((best, tile) =>
    work(tile) < work(best) ? tile : best
  );
  return { kernel: "broadcast", rows: tileRows, columns: quads };
}

/** llvmpipe ends all loops of an invocation after 65,535 rounds; some are left to the epilogue. */
export const MOST_ROUNDS = 65_000;

/** The fewest parts of a sum that CPU adapters finish: all kernels can take three terms a round. */
export const fewestSplits = ({ adapter: { software } }: Gpu, inner: number): number =>
  software ? Math.max(1, Math.ceil(inner / (3 * MOST_ROUNDS))) : 1;

/** Sums shorter than this are not worth a second pass. */
const LEAST_PART = 512;

/**
 * How many `splits` suit a product of few tiles and a long inner side, such as a gradient of
 * weights: enough to give all of a GPU work, and 1 on software adapters, which have none to give.
 * Decided by sizes and the class of the adapter alone, never by measurement, since another number
 * rounds otherwise.
 */
export function matmulSplits(
  gpu: Gpu,
  { rows, columns, inner, images = 1, heads = 1 }: ProductSizes,
): number {
  if (adapterClass(gpu.adapter) === "cpu-emulated") return 1;
  const wanted = Math.floor(MANY_TILES / tileCount(rows, columns, images * heads));
  return Math.max(1, Math.min(wanted, Math.floor(inner / LEAST_PART)));
}

/** Tiles of 64 × 64. */
const tileCount = (rows: number, columns: number, matrices: number): number =>
  matrices * Math.ceil(rows / 64) * Math.ceil(columns / 64);

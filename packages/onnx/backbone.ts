import { expectShape, type Gpu, isPlanner, type Tensor } from "@fiedler/gpu";
import { normalisePictures, regroup } from "@fiedler/kernels";
import { type Backbone, CheckpointError, type FeatureOptions, type Grid } from "@fiedler/models";
import { featuresIn } from "./layout.ts";
import { IMAGENET, type OnnxOptions } from "./options.ts";
import { type OnnxPlan, planOnnx } from "./plan.ts";
import { type OnnxSession, openSession } from "./runtime.ts";

/** A feature extractor that onnxruntime computes. */
export interface OnnxBackbone extends Backbone {
  /** Computes features: {@linkcode Backbone.features} throws, since onnxruntime answers later. */
  readonly compute: NonNullable<Backbone["compute"]>;
  /** Frees what onnxruntime holds, weights too; the device stays. */
  readonly release: NonNullable<Backbone["release"]>;
}

/** Graph, options, and the session that runs them; without one on a device for planning. */
interface Loaded {
  readonly plan: OnnxPlan;
  readonly options: OnnxOptions;
  readonly session: OnnxSession | null;
}

/**
 * An ONNX graph as a feature extractor: pictures in, features of patches out.
 *
 * Runs on the device of `gpu`, into buffers that stay there, or as WebAssembly. What onnxruntime
 * allocates does not count towards the memory budget, but for the weights while a run is planned.
 *
 * @param model the bytes of the file, weights included.
 * @throws {FormatError} when they are no ONNX model.
 * @throws {CheckpointError} when the graph has no such output, does not take pictures, or
 * onnxruntime refuses it.
 * @throws {RangeError} for options out of range.
 */
export async function onnxBackbone(
  gpu: Gpu,
  model: Uint8Array,
  options: OnnxOptions,
): Promise<OnnxBackbone> {
  checkOptions(options);
  const plan = planOnnx(model, options);
  const { dim, constants, weights } = plan;
  const { patch } = options;
  const planned = isPlanner(gpu);
  const session = planned ? null : await openSession(gpu, plan, options.runtime ?? "webgpu");
  const loaded = { plan, options, session };
  return {
    patch,
    dim,
    depth: 1,
    facets: ["key"],
    offsets: true,
    features() {
      throw new RangeError(
        "onnxBackbone: features come later than the call, use compute()",
      );
    },
    compute: (gpu, rgb, grid, options) => compute(gpu, loaded, rgb, grid, options),
    release: async () => await session?.release(),
    // An estimate: as if every weight met every patch once, which a transformer's do.
    flops: ([rows, columns]) => 2 * rows * columns * weights,
    largestTensorBytes: (grid) => largestTensorBytes(grid, patch, dim),
    parameters: planned ? [gpu.empty([constants])] : [],
  };
}

/** As of a vision transformer with heads of 64: pixels, the MLP's hidden layer, or the scores. */
function largestTensorBytes([rows, columns]: Grid, patch: number, dim: number): number {
  const patches = rows * columns;
  return 4 * patches * Math.max(4 * patch ** 2, 4 * dim, Math.ceil(dim / 64) * patches);
}

async function compute(
  gpu: Gpu,
  loaded: Loaded,
  rgb: Tensor<"u32">,
  grid: Grid,
  { layer = -1, facet = "key", offset }: FeatureOptions = {},
): Promise<Tensor> {
  const { plan, options, session } = loaded;
  if ((layer !== -1 && layer !== 0) || facet !== "key") {
    throw new RangeError(
      `onnxBackbone: the output that was named stands for keys of layer 0, got ${facet} of ${layer}`,
    );
  }
  const patches = grid[0] * grid[1];
  if (offset) expectShape("onnxBackbone: offset", offset, `[${patches}, ${plan.dim}]`);
  expectSize(plan, options.patch, grid);
  const [images] = rgb.shape;
  const out = gpu.empty([images, patches, plan.dim]);
  const inputs = gpu.scope(() => pictures(gpu, loaded, rgb, grid));
  try {
    if (!session || isPlanner(gpu)) return out; // memory is planned on another device
    for (const [i, input] of inputs.entries()) {
      const at = i * patches * plan.dim;
      await run(gpu, { ...loaded, session }, input, { out, at, grid, offset });
    }
    return out;
  } catch (error) {
    gpu.free(out);
    await gpu.settle(); // a device that is lost says more
    throw error;
  } finally {
    gpu.free(...inputs);
  }
}

function expectSize({ size }: OnnxPlan, patch: number, grid: Grid): void {
  if (size.every((side, axis) => side === null || side === grid[axis] * patch)) return;
  throw new RangeError(
    `onnxBackbone: the graph takes pictures of ${size.map((side) => side ?? "any").join(" × ")} ` +
      `pixels, got ${grid.map((side) => side * patch).join(" × ")}; resize them to that, ` +
      "or export it with sizes that vary",
  );
}

/** What the graph is given, `[images, 3, height, width]`: all pictures, or each alone. */
function pictures(
  gpu: Gpu,
  { plan, options: { patch, mean = IMAGENET.mean, std = IMAGENET.std } }: Loaded,
  rgb: Tensor<"u32">,
  [rows, columns]: Grid,
): Tensor[] {
  const size = [rows * patch, columns * patch] as const;
  const pixels = normalisePictures(gpu, rgb, { size, mean, std }); // [images, height, width, 4]
  const area = size[0] * size[1];
  const [images] = rgb.shape;
  const together = plan.batch ?? images;
  return Array.from({ length: images / together }, (_, i) => {
    const steps = { images: together, rows: 3, columns: area, image: 4 * area, row: 1 };
    const planes = regroup(gpu, pixels, { ...steps, base: 4 * i * area, width: 1, group: 4 });
    return { ...planes, shape: [together, 3, ...size] };
  });
}

/** Runs the graph and puts the features of its patches into `out` from element `at` on. */
async function run(
  gpu: Gpu,
  { plan, options, session }: Loaded & { readonly session: OnnxSession },
  input: Tensor,
  { out, at, grid, offset }: {
    readonly out: Tensor;
    readonly at: number;
    readonly grid: Grid;
    readonly offset: Tensor | undefined;
  },
): Promise<void> {
  const { Tensor: OrtTensor } = session.ort;
  const onGpu = options.runtime !== "wasm";
  gpu.submit(); // the queue runs what is submitted first, and onnxruntime submits by itself
  const result = await session.run(
    onGpu
      ? OrtTensor.fromGpuBuffer(input.buffer, { dataType: "float32", dims: input.shape })
      : new OrtTensor("float32", await gpu.read(input), input.shape),
  );
  try {
    if (result.type !== "float32") {
      throw new CheckpointError(`onnx: "${plan.output}" is ${result.type}, needed is float32`);
    }
    const [images] = input.shape;
    const { skip, columns } = options;
    const steps = featuresIn(result.dims, grid, { skip, columns, images, output: plan.output });
    if (steps.columns !== plan.dim) {
      throw new CheckpointError(
        `onnx: "${plan.output}" has ${steps.columns} numbers a patch, the graph said ${plan.dim}`,
      );
    }
    gpu.scope(() => {
      const values = onGpu
        ? tensorOf(result.gpuBuffer as unknown as GPUBuffer, result.dims)
        : gpu.upload(result.data as Float32Array<ArrayBuffer>, result.dims);
      gpu.copy(regroup(gpu, values, steps, offset), out, at);
    });
    gpu.submit(); // before the buffer goes back to onnxruntime
  } finally {
    result.dispose();
  }
}

const tensorOf = (buffer: GPUBuffer, shape: readonly number[]): Tensor => ({
  ...{ buffer, offset: 0, shape, dtype: "f32" },
});

function checkOptions({ patch, skip = 0, columns, mean, std }: OnnxOptions): void {
  const refuse = (what: string) => {
    throw new RangeError(`onnxBackbone: ${what}`);
  };
  const isCount = (value: number) => Number.isInteger(value) && value >= 0;
  if (!isCount(patch) || patch === 0) {
    refuse(`patch must be a whole number of pixels, got ${patch}`);
  }
  if (!isCount(skip)) refuse(`skip must be a whole number of tokens, got ${skip}`);
  if (columns && !(columns.every(isCount) && columns[0] < columns[1])) {
    refuse(`columns must be whole numbers, the first below the last, got ${columns}`);
  }
  if (mean && !(mean.length === 3 && mean.every(Number.isFinite))) {
    refuse(`mean must be three numbers, got ${mean}`);
  }
  if (std && !(std.length === 3 && std.every((value) => value > 0 && value < Infinity))) {
    refuse(`std must be three numbers above 0, got ${std}`);
  }
}

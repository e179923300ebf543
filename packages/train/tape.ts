import { type AnyTensor, formatShape, type Gpu, ShapeError, type Tensor } from "@fiedler/gpu";
import { addTo } from "@fiedler/kernels/training";

/** The gradient of the loss with respect to each of some tensors, of the tensor's shape. */
export type Gradients = Map<Tensor, Tensor>;

/**
 * Gradients of a layer's inputs for the gradient of its output, in the order of the inputs. `null`
 * where the loss does not depend on an input, or nobody asked: see {@linkcode Tape.tracks}.
 */
export type Backward = (dOutput: Tensor) => readonly (Tensor | null)[];

/** Options of {@linkcode Tape.record}. */
export interface RecordOptions {
  /** What the forward pass made for `backward` alone: freed once `backward` has run. */
  readonly saved?: readonly AnyTensor[];
}

interface Step {
  readonly output: Tensor;
  readonly inputs: readonly Tensor[];
  readonly backward: Backward;
  readonly made: readonly AnyTensor[];
}

/**
 * What a forward pass did, so that its gradient can be found in the reverse order. One tape per
 * forward and backward pass; the losses stand at its end and give it the gradients to start from.
 *
 * A layer calls a forward kernel and records how its backward kernel answers:
 *
 * ```ts
 * import { Gpu, type Tensor } from "@fiedler/gpu";
 * import { matmul, matmulTransposed, transpose } from "@fiedler/kernels";
 * import { Tape } from "@fiedler/train";
 * import assert from "node:assert/strict";
 *
 * function linear(tape: Tape, x: Tensor, weight: Tensor): Tensor {
 *   const { gpu } = tape;
 *   return tape.record(matmul(gpu, x, weight), [x, weight], (dOut) => [
 *     tape.tracks(x) ? matmulTransposed(gpu, dOut, weight) : null,
 *     matmul(gpu, transpose(gpu, x), dOut),
 *   ]);
 * }
 *
 * const gpu = await Gpu.open();
 * const weight = gpu.upload(Float32Array.of(1, 2, 3, 4), [2, 2]);
 * const tape = new Tape(gpu, [weight]);
 * const out = linear(tape, gpu.upload(Float32Array.of(1, -1), [1, 2]), weight);
 * const dOut = gpu.upload(Float32Array.of(10, 1), [1, 2]); // of some loss
 * const gradients = tape.backward([[out, dOut]]);
 * assert.deepEqual([...await gpu.read(gradients.get(weight)!)], [10, 1, -10, -1]);
 * gpu.close();
 * ```
 */
export class Tape {
  readonly #tracked: Set<Tensor>;
  readonly #steps: Step[] = [];

  /** A tape without steps. */
  constructor(
    /** What the layers record on. */
    readonly gpu: Gpu,
    /** The tensors whose gradients are wanted. */
    parameters: Iterable<Tensor>,
  ) {
    this.#tracked = new Set(parameters);
  }

  /** Whether a tensor is a parameter or depends on one, so that its gradient is wanted. */
  tracks(tensor: Tensor): boolean {
    return this.#tracked.has(tensor);
  }

  /**
   * Notes that `output` was made from `inputs`. A reshaped tensor is another tensor: record it too.
   * Forgets a step none of whose inputs it tracks.
   *
   * @param backward may return its argument, or one tensor twice.
   * @returns `output`.
   */
  record(
    output: Tensor,
    inputs: readonly Tensor[],
    backward: Backward,
    { saved = [] }: RecordOptions = {},
  ): Tensor {
    if (!inputs.some((input) => this.tracks(input))) return output;
    this.#tracked.add(output);
    // A view of an input belongs to the step that made the input.
    const view = inputs.some(({ buffer }) => buffer === output.buffer);
    this.#steps.push({ output, inputs, backward, made: view ? saved : [output, ...saved] });
    return output;
  }

  /**
   * Runs the steps in reverse. Gives every output back to the pool as soon as its step is done, with
   * what the step saved: what must outlive the tape is read or copied before. Sums have the order of
   * the tape, so that the same tape gives the same bits.
   *
   * @param roots outputs, each with the gradient of the loss with respect to it, which becomes the
   * tape's; an output may appear more than once.
   * @param totals gradients to add to, those of earlier tapes. Default: none.
   * @returns `totals`, with the gradient of each parameter that the roots depend on. A scope keeps
   * them when its body returns their values.
   * @throws {ShapeError} when a gradient is not of its tensor's shape.
   */
  backward(
    roots: readonly (readonly [output: Tensor, gradient: Tensor])[],
    totals: Gradients = new Map(),
  ): Gradients {
    for (const [output, gradient] of roots) this.#give(totals, [output], [gradient]);
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      const { output, inputs, backward, made } = step;
      const dOutput = totals.get(output);
      if (dOutput) {
        totals.delete(output);
        const gradients = this.gpu.scope(() => backward(dOutput));
        this.#give(totals, inputs, gradients, dOutput);
      }
      this.gpu.free(...made);
    }
    return totals;
  }

  /** Adds gradients to the totals of their tensors, and frees those that no total needs. */
  #give(
    totals: Gradients,
    tensors: readonly Tensor[],
    gradients: readonly (Tensor | null)[],
    ...spent: readonly Tensor[]
  ): void {
    const { gpu } = this;
    const held = new Set([...totals.values()].map(({ buffer }) => buffer));
    const loose = [...gradients, ...spent].filter((gradient) => gradient !== null);
    tensors.forEach((tensor, i) => {
      const gradient = gradients[i];
      if (!gradient || !this.tracks(tensor)) return;
      expectLike(tensor, gradient);
      const own = held.has(gradient.buffer) ? copyOf(gpu, gradient) : gradient;
      loose.push(own);
      const total = totals.get(tensor);
      if (total) addTo(gpu, total, own);
      else {
        totals.set(tensor, own);
        held.add(own.buffer);
      }
    });
    gpu.free(...loose.filter(({ buffer }) => !held.has(buffer)));
  }
}

function copyOf(gpu: Gpu, tensor: Tensor): Tensor {
  const copy = gpu.empty(tensor.shape);
  gpu.copy(tensor, copy);
  return copy;
}

function expectLike(tensor: Tensor, gradient: Tensor): void {
  if (formatShape(tensor.shape) === formatShape(gradient.shape)) return;
  throw new ShapeError(
    `Tape: the gradient of a tensor ${formatShape(tensor.shape)} must be of its shape, ` +
      `got ${formatShape(gradient.shape)}`,
  );
}

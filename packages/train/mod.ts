/**
 * Training: the tape that turns pairs of forward and backward kernels into gradients.
 *
 * @module
 */
export { type Backward, type Gradients, type RecordOptions, Tape } from "./tape.ts";

/** Elements as words without meaning: numbers, or for 8 bytes bigints, never both. */
type Words = { [index: number]: number; readonly buffer: ArrayBuffer };

/** Arrays that move elements of so many bytes without looking at their values. */
const WORDS = {
  1: Uint8Array,
  2: Uint16Array,
  4: Uint32Array,
  8: BigUint64Array,
} as unknown as Readonly<
  Record<
    1 | 2 | 4 | 8,
    new (buffer: ArrayBufferLike | number, start?: number, size?: number) => Words
  >
>;

/**
 * Copies a strided array into row-major order.
 *
 * @param bytes Holds every element that shape and strides reach, which the caller has checked.
 * @param itemBytes Bytes of an element.
 * @param shape Slowest dimension of the result first.
 * @param strides Elements from one index to the next, a dimension each; not negative.
 * @param offset Elements before the first.
 */
export function gatherStrided(
  bytes: Uint8Array,
  itemBytes: 1 | 2 | 4 | 8,
  shape: readonly number[],
  strides: readonly number[],
  offset = 0,
): Uint8Array<ArrayBuffer> {
  const from = alignedWords(bytes, itemBytes);
  const count = shape.reduce((product, length) => product * length, 1);
  const out = new WORDS[itemBytes](count);
  // Sizes of 1 never advance, and left in could make each step as long as the shape.
  const moving = shape.map((length, axis) => ({ length, stride: strides[axis], index: 0 }))
    .filter(({ length }) => length !== 1).reverse();
  let at = offset;
  for (let i = 0; i < count; i++) {
    out[i] = from[at];
    for (const axis of moving) {
      at += axis.stride;
      if (++axis.index < axis.length) break;
      at -= axis.stride * axis.length;
      axis.index = 0;
    }
  }
  return new Uint8Array(out.buffer);
}

/** The bytes as elements: a view where they are aligned and whole, else a copy. */
function alignedWords(bytes: Uint8Array, itemBytes: 1 | 2 | 4 | 8): Words {
  const aligned = bytes.byteOffset % itemBytes === 0 ? bytes : new Uint8Array(bytes);
  const count = Math.floor(aligned.length / itemBytes);
  return new WORDS[itemBytes](aligned.buffer, aligned.byteOffset, count);
}

/** Strides of an array whose first dimension is the fastest, as Fortran lays it. */
export function columnMajorStrides(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (const length of shape) {
    strides.push(stride);
    stride *= length;
  }
  return strides;
}

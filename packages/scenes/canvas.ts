/** A square picture in floats while it is painted. */
export interface Canvas {
  readonly size: number;
  /** `[size, size, 3]`, 0 to 1 once it is done. */
  readonly data: Float32Array;
}

/** Rows scaled to unit length, in f64. */
export function l2Normalise(x: ArrayLike<number>, columns: number): Float64Array {
  const out = new Float64Array(x.length);
  for (let first = 0; first < x.length; first += columns) {
    let square = 0;
    for (let j = first; j < first + columns; j++) square += x[j] ** 2;
    const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
    for (let j = first; j < first + columns; j++) out[j] = x[j] * scale;
  }
  return out;
}

/** Its gradient, in f64. */
export function l2NormaliseBackward(
  dOut: ArrayLike<number>,
  x: ArrayLike<number>,
  columns: number,
): Float64Array {
  const y = l2Normalise(x, columns);
  const dx = new Float64Array(x.length);
  for (let first = 0; first < x.length; first += columns) {
    let [square, along] = [0, 0];
    for (let j = first; j < first + columns; j++) {
      square += x[j] ** 2;
      along += y[j] * dOut[j];
    }
    if (square === 0) continue;
    for (let j = first; j < first + columns; j++) {
      dx[j] = (dOut[j] - y[j] * along) / Math.sqrt(square);
    }
  }
  return dx;
}

/** Where a token sits: a stored table, resampled to the grid, or a rule for any grid. */
export type PositionRule =
  | {
    /** Learned or stored positions of a `[rows, columns]` grid. */
    readonly kind: "table";
    /** `[rows × columns, dim]`, without the class token's row. */
    readonly table: Float32Array;
    readonly rows: number;
    readonly columns: number;
    /** `size`: by the size ratio; `scale+0.1`: DINO's scale factor of (grid + 0.1) / rows. */
    readonly resample: "size" | "scale+0.1";
  }
  | {
    /** Sine and cosine of coordinates that span 0 … `span` on both axes, whatever the grid. */
    readonly kind: "span";
    readonly span: number;
    readonly amplitude: number;
  };

/**
 * Position embeddings of a grid of patches.
 *
 * @returns `[rows × columns, dim]`, row-major.
 * @throws {RangeError} when dim is not a multiple of 4 under a sine rule, or not that of the table.
 */
export function positionTable(
  rule: PositionRule,
  [rows, columns]: readonly [number, number],
  dim: number,
): Float32Array<ArrayBuffer> {
  return rule.kind === "span"
    ? spanPositions(rule, rows, columns, dim)
    : resamplePositions(rule, rows, columns, dim);
}

function spanPositions(
  { span, amplitude }: Extract<PositionRule, { kind: "span" }>,
  rows: number,
  columns: number,
  dim: number,
): Float32Array<ArrayBuffer> {
  const quarter = dim / 4;
  if (!Number.isInteger(quarter)) {
    throw new RangeError(`positions: dim ${dim} is not a multiple of 4`);
  }
  const out = new Float32Array(rows * columns * dim);
  for (let cell = 0; cell < rows * columns; cell++) {
    const y = (Math.floor(cell / columns) + 0.5) / rows * span;
    const x = (cell % columns + 0.5) / columns * span;
    for (let m = 0; m < quarter; m++) {
      const frequency = 10000 ** (-m / quarter);
      const parts = [Math.sin(y * frequency), Math.cos(y * frequency)];
      parts.push(Math.sin(x * frequency), Math.cos(x * frequency));
      parts.forEach((part, i) => out[cell * dim + i * quarter + m] = amplitude * part);
    }
  }
  return out;
}

/** Bicubic, a = −0.75, half-pixel centres, border clamped, no antialiasing: PyTorch's. */
function resamplePositions(
  { table, rows: fromRows, columns: fromColumns, resample }: Extract<
    PositionRule,
    { kind: "table" }
  >,
  rows: number,
  columns: number,
  dim: number,
): Float32Array<ArrayBuffer> {
  if (table.length !== fromRows * fromColumns * dim) {
    throw new RangeError(
      `positions: a table [${fromRows} × ${fromColumns}, ${dim}] needs ` +
        `${fromRows * fromColumns * dim} values, got ${table.length}`,
    );
  }
  if (rows === fromRows && columns === fromColumns) return Float32Array.from(table);
  const extra = resample === "scale+0.1" ? 0.1 : 0;
  const down = axisTaps(fromRows, rows, (rows + extra) / fromRows);
  const across = axisTaps(fromColumns, columns, (columns + extra) / fromColumns);
  const out = new Float32Array(rows * columns * dim);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      for (const { index: y, weight: wy } of down[r]) {
        for (const { index: x, weight: wx } of across[c]) {
          const from = (y * fromColumns + x) * dim;
          const to = (r * columns + c) * dim;
          for (let d = 0; d < dim; d++) out[to + d] += wy * wx * table[from + d];
        }
      }
    }
  }
  return out;
}

/** Four source indices and weights for each target of one axis; `scale` is target per source. */
function axisTaps(from: number, to: number, scale: number) {
  return Array.from({ length: to }, (_, target) => {
    const centre = (target + 0.5) / scale - 0.5;
    const first = Math.floor(centre);
    return [-1, 0, 1, 2].map((step) => ({
      index: Math.min(Math.max(first + step, 0), from - 1),
      weight: cubic(Math.abs(centre - first - step)),
    }));
  });
}

/** Keys' cubic convolution with a = −0.75 at distance u. */
function cubic(u: number): number {
  const a = -0.75;
  if (u <= 1) return ((a + 2) * u - (a + 3)) * u * u + 1;
  return u < 2 ? a * (((u - 5) * u + 8) * u - 4) : 0;
}

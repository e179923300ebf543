const NONE = 0xffffffff;

/** Components of one `[rows, columns]` map. */
export interface Components {
  /** Number of each cell's component, in raster order of the first cell; 0xffffffff for none. */
  readonly components: Uint32Array;
  /** First cell of each component. */
  readonly firsts: readonly number[];
}

/** Connected components of one map by flood fill in raster order. */
export function connectedComponents(
  values: ArrayLike<number>,
  rows: number,
  columns: number,
  connectivity: 4 | 8,
  background?: number,
): Components {
  const components = new Uint32Array(rows * columns).fill(NONE);
  const firsts: number[] = [];
  for (let first = 0; first < rows * columns; first++) {
    if (components[first] !== NONE || values[first] === background) continue;
    const stack = [first];
    components[first] = firsts.length;
    while (stack.length > 0) {
      const cell = stack.pop()!;
      for (const next of neighbours(cell, rows, columns, connectivity)) {
        if (components[next] !== NONE || values[next] !== values[cell]) continue;
        components[next] = firsts.length;
        stack.push(next);
      }
    }
    firsts.push(first);
  }
  return { components, firsts };
}

/** All cells of one value as one component, numbered in raster order of the first cell. */
export function numberValues(values: ArrayLike<number>): Components {
  const cells = Array.from(values);
  const distinct = [...new Set(cells)];
  return {
    components: Uint32Array.from(cells, (value) => distinct.indexOf(value)),
    firsts: distinct.map((value) => cells.indexOf(value)),
  };
}

function neighbours(cell: number, rows: number, columns: number, connectivity: 4 | 8): number[] {
  const column = cell % columns;
  const row = (cell - column) / columns;
  const found: number[] = [];
  for (let y = Math.max(row - 1, 0); y <= Math.min(row + 1, rows - 1); y++) {
    for (let x = Math.max(column - 1, 0); x <= Math.min(column + 1, columns - 1); x++) {
      if (connectivity === 8 || y === row || x === column) found.push(y * columns + x);
    }
  }
  return found;
}

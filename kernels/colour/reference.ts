/** Mean colour of each patch of one `[height, width, 3]` picture: `[patches, 4]`. */
export function patchColours(
  rgb: ArrayLike<number>,
  [rows, columns]: readonly [number, number],
  patch: number,
): Float64Array {
  const out = new Float64Array(rows * columns * 4);
  for (let y = 0; y < rows * patch; y++) {
    for (let x = 0; x < columns * patch; x++) {
      const cell = Math.floor(y / patch) * columns + Math.floor(x / patch);
      for (let channel = 0; channel < 3; channel++) {
        const level = rgb[(y * columns * patch + x) * 3 + channel];
        out[cell * 4 + channel] += level / 255 / patch ** 2;
      }
    }
  }
  return out;
}

/**
 * The K nearest of each patch by (r, g, b, w·x, w·y), nearest first, lower index first among equals.
 *
 * `levels` rounds as the kernel does: colours to 1 / levels, squared steps of columns and of rows to
 * 1 / levels². `null` rounds nothing.
 */
export function nearestNeighbours(
  colours: ArrayLike<number>,
  [rows, columns]: readonly [number, number],
  neighbours: number,
  distanceWeight: number,
  levels: number | null,
): number[][] {
  const nodes = Array.from({ length: rows * columns }, (_, i) => i);
  const rounded = Float64Array.from(
    { length: nodes.length * 4 },
    (_, at) =>
      levels === null ? colours[at] : Math.floor(Math.fround(colours[at] * levels + 0.5)) / levels,
  );
  const spans = [columns, rows].map((size) =>
    Array.from({ length: size }, (_, steps) => {
      const square = (distanceWeight * steps / Math.max(size - 1, 1)) ** 2;
      return levels === null ? square : Math.round(square * levels ** 2) / levels ** 2;
    })
  );
  const distance = (i: number, j: number) => {
    const [across, down] = [
      i % columns - j % columns,
      Math.floor(i / columns) - Math.floor(j / columns),
    ];
    let sum = spans[0][Math.abs(across)] + spans[1][Math.abs(down)];
    for (let channel = 0; channel < 3; channel++) {
      sum += (rounded[i * 4 + channel] - rounded[j * 4 + channel]) ** 2;
    }
    return sum;
  };
  return nodes.map((i) => {
    const distances = Float64Array.from(nodes, (j) => distance(i, j));
    return nodes.toSorted((a, b) => distances[a] - distances[b] || a - b).slice(0, neighbours);
  });
}

/** affinity + weight · (links + linksᵀ) in f32, for the links of one search. */
export function addLinks(
  affinity: ArrayLike<number>,
  links: readonly (readonly number[])[],
  weight: number,
  diagonal: "dropped" | "kept",
): Float64Array {
  const nodes = links.length;
  const counts = new Float64Array(nodes * nodes);
  links.forEach((row, i) => {
    for (const j of row) {
      if (i === j && diagonal === "dropped") continue;
      counts[i * nodes + j]++;
      counts[j * nodes + i]++;
    }
  });
  return counts.map((count, at) => Math.fround(affinity[at] + Math.fround(weight) * count));
}

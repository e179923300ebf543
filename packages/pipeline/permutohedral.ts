/**
 * Gaussian filtering of values at scattered points in a few dimensions, by the permutohedral
 * lattice: values are splatted onto the lattice's simplices, blurred along its directions, and
 * sliced back. Linear in the number of points, whatever the width of the Gaussian.
 *
 * Source: Adams, Baek and Davis 2010, "Fast high-dimensional filtering using the permutohedral
 * lattice", §3.
 */
export interface Lattice {
  /**
   * Filters with a Gaussian of deviation 1, to a constant factor.
   *
   * @param values `[points, channels]`.
   * @returns `[points, channels]`.
   */
  filter(values: Float32Array, channels: number): Float32Array<ArrayBuffer>;
}

/** The simplex each point lies in: its vertices' numbers and weights, `[points, dims + 1]`. */
interface Splat {
  readonly vertices: Int32Array;
  readonly weights: Float32Array;
}

/**
 * Builds the lattice of points.
 *
 * @param features `[points, dims]`, each divided by the deviation of its Gaussian.
 */
export function makeLattice(features: Float32Array, dims: number): Lattice {
  const table = new VertexTable(dims);
  const splat = embed(features, dims, table);
  const neighbours = linkNeighbours(table, dims);
  return {
    filter(values, channels) {
      const points = features.length / dims;
      let field = new Float32Array((table.size + 1) * channels); // the last vertex stays zero
      for (let at = 0; at < points * (dims + 1); at++) {
        const from = Math.floor(at / (dims + 1)) * channels;
        const to = splat.vertices[at] * channels;
        for (let c = 0; c < channels; c++) field[to + c] += splat.weights[at] * values[from + c];
      }
      for (const links of neighbours) field = blur(field, links, channels);
      return slice(field, splat, points, dims, channels);
    },
  };
}

/** One pass of [½, 1, ½] along one direction. */
function blur(
  field: Float32Array<ArrayBuffer>,
  links: Int32Array,
  channels: number,
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(field.length);
  for (let vertex = 0; vertex < links.length / 2; vertex++) {
    const [a, b] = [links[2 * vertex] * channels, links[2 * vertex + 1] * channels];
    const at = vertex * channels;
    for (let c = 0; c < channels; c++) {
      out[at + c] = field[at + c] + 0.5 * (field[a + c] + field[b + c]);
    }
  }
  return out;
}

function slice(
  field: Float32Array,
  { vertices, weights }: Splat,
  points: number,
  dims: number,
  channels: number,
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(points * channels);
  const scale = 1 / (1 + 2 ** -dims); // undoes the gain of the blur
  for (let at = 0; at < points * (dims + 1); at++) {
    const from = vertices[at] * channels;
    const to = Math.floor(at / (dims + 1)) * channels;
    for (let c = 0; c < channels; c++) out[to + c] += scale * weights[at] * field[from + c];
  }
  return out;
}

/** Places each point in its simplex (§3.1 of the source). */
function embed(features: Float32Array, dims: number, table: VertexTable): Splat {
  const points = features.length / dims;
  const side = dims + 1;
  const vertices = new Int32Array(points * side);
  const weights = new Float32Array(points * side);
  // The blur has a variance of 2/3 of the squared side of a cell.
  const scales = Float64Array.from(
    { length: dims },
    (_, i) => Math.sqrt(2 / 3) * side / Math.sqrt((i + 1) * (i + 2)),
  );
  const [elevated, nearest] = [new Float64Array(side), new Float64Array(side)];
  const rank = new Int32Array(side);
  const barycentric = new Float64Array(side + 1);
  const key = new Int32Array(dims);
  for (let point = 0; point < points; point++) {
    let sum = 0;
    for (let i = dims; i > 0; i--) {
      const scaled = features[point * dims + i - 1] * scales[i - 1];
      elevated[i] = sum - i * scaled;
      sum += scaled;
    }
    elevated[0] = sum;
    let excess = 0;
    for (let i = 0; i < side; i++) {
      nearest[i] = Math.round(elevated[i] / side) * side;
      excess += nearest[i] / side;
    }
    rankResiduals(elevated, nearest, rank, excess);
    barycentric.fill(0);
    for (let i = 0; i < side; i++) {
      const residual = (elevated[i] - nearest[i]) / side;
      barycentric[dims - rank[i]] += residual;
      barycentric[side - rank[i]] -= residual;
    }
    barycentric[0] += 1 + barycentric[side];
    for (let corner = 0; corner < side; corner++) {
      for (let i = 0; i < dims; i++) {
        key[i] = nearest[i] + (rank[i] <= dims - corner ? corner : corner - side);
      }
      vertices[point * side + corner] = table.add(key);
      weights[point * side + corner] = barycentric[corner];
    }
  }
  return { vertices, weights };
}

/** Orders the residuals and moves `nearest` onto the plane where coordinates sum to zero. */
function rankResiduals(
  elevated: Float64Array,
  nearest: Float64Array,
  rank: Int32Array,
  excess: number,
): void {
  const side = rank.length;
  rank.fill(0);
  for (let i = 0; i < side; i++) {
    for (let j = i + 1; j < side; j++) {
      if (elevated[i] - nearest[i] < elevated[j] - nearest[j]) rank[i]++;
      else rank[j]++;
    }
  }
  for (let i = 0; i < side; i++) {
    rank[i] += excess;
    if (rank[i] < 0) {
      rank[i] += side;
      nearest[i] += side;
    } else if (rank[i] >= side) {
      rank[i] -= side;
      nearest[i] -= side;
    }
  }
}

/** The two neighbours of each vertex along each direction; the zero vertex where there is none. */
function linkNeighbours(table: VertexTable, dims: number): Int32Array[] {
  const { size } = table;
  return Array.from({ length: dims + 1 }, (_, direction) => {
    const links = new Int32Array(2 * size);
    const key = new Int32Array(dims);
    for (let vertex = 0; vertex < size; vertex++) {
      for (const [which, step] of [[0, 1], [1, -1]]) {
        for (let i = 0; i < dims; i++) {
          key[i] = table.keys[vertex * dims + i] + (i === direction ? -dims * step : step);
        }
        const found = table.find(key);
        links[2 * vertex + which] = found < 0 ? size : found;
      }
    }
    return links;
  });
}

/** Numbers lattice vertices by their first `dims` coordinates: open addressing. */
class VertexTable {
  keys = new Int32Array(1 << 12);
  size = 0;
  #slots = new Int32Array(1 << 12).fill(-1);

  constructor(private readonly dims: number) {}

  /** The number of a vertex, new or known. */
  add(key: Int32Array): number {
    const slot = this.#slot(key);
    if (this.#slots[slot] >= 0) return this.#slots[slot];
    if ((this.size + 1) * this.dims > this.keys.length) {
      const larger = new Int32Array(2 * this.keys.length);
      larger.set(this.keys);
      this.keys = larger;
    }
    this.keys.set(key, this.size * this.dims);
    this.#slots[slot] = this.size;
    if (++this.size * 2 > this.#slots.length) this.#grow();
    return this.size - 1;
  }

  /** The number of a vertex, −1 when it is not there. */
  find(key: Int32Array): number {
    return this.#slots[this.#slot(key)];
  }

  #slot(key: Int32Array): number {
    let hash = 0;
    for (const value of key) hash = Math.imul(hash + value, 0x9e3779b1) ^ (hash >>> 15);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask;; slot = (slot + 1) & mask) {
      const vertex = this.#slots[slot];
      if (vertex < 0 || this.#equals(vertex, key)) return slot;
    }
  }

  #equals(vertex: number, key: Int32Array): boolean {
    for (let i = 0; i < this.dims; i++) {
      if (this.keys[vertex * this.dims + i] !== key[i]) return false;
    }
    return true;
  }

  #grow(): void {
    this.#slots = new Int32Array(2 * this.#slots.length).fill(-1);
    for (let vertex = 0; vertex < this.size; vertex++) {
      const key = this.keys.subarray(vertex * this.dims, (vertex + 1) * this.dims);
      this.#slots[this.#slot(key)] = vertex;
    }
  }
}

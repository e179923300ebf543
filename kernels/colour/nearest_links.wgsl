// links[m, i, j] = 1 where j is among the K nodes nearest to i, which counts itself, else 0
//
// d(i, j) = |round(L · colours[m, i]) − round(L · colours[m, j])|² + spans[|Δc|] + spans[C + |Δr|]
//
// colours  [images, nodes, 4]      f32, r, g, b in 0 … 1 and one unused
// spans    [columns + rows]        u32, L² times the squared distance of two columns Δc apart, then
//          of two rows Δr apart
// links    [images, nodes, words]  u32, j is bit j % 32 of word j / 32
//
// C = columns, K = neighbours ≤ nodes, L = levels, a power of two with d < 2³². Whole numbers, so
// that every adapter finds the same links; of nodes equally far the lower index is nearer.
// One invocation per row i: six counts of the next 6 bits of d select the K-th smallest, a last
// walk writes the links. That is 7 nodes + words + 390 loop rounds, 41,000 for 5,792 nodes: a CPU
// adapter gives an invocation 65,535.

override WORKGROUP: u32 = 64;

struct Params { nodes: u32, columns: u32, words: u32, neighbours: u32, levels: f32 }

// @texels
@group(0) @binding(0) var<storage, read> colours: array<vec4f>;
@group(0) @binding(1) var<storage, read> spans: array<u32>;
@group(0) @binding(2) var<storage, read_write> links: array<u32>;
@group(0) @binding(3) var<uniform> params: Params;

struct Point { rgb: vec3i, column: i32, row: i32 }

@compute @workgroup_size(WORKGROUP)
fn nearest_links(@builtin(global_invocation_id) id: vec3u) {
  let nodes = params.nodes;
  let i = id.x;
  if i >= nodes { return; }
  let first = id.y * nodes;
  let own = point(first, i);

  var kth = 0u; // the leading digits of the K-th smallest distance
  var mask = 0u; // which bits these are
  var rank = params.neighbours; // its place among the distances that begin so, from 1
  for (var shift = 36u; shift > 0;) {
    shift -= 6;
    var counts = array<u32, 64>();
    for (var j = 0u; j < nodes; j++) {
      let d = squared_distance(own, point(first, j));
      if (d & mask) == kth { counts[(d >> shift) & 63] += 1; }
    }
    var digit = 0u;
    while counts[digit] < rank {
      rank -= counts[digit];
      digit++;
    }
    kth |= digit << shift;
    mask |= 63u << shift;
  }

  var ties = rank; // nodes at exactly that distance which still belong to the K
  for (var word = 0u; word < params.words; word++) {
    var bits = 0u;
    for (var j = word * 32; j < min(word * 32 + 32, nodes); j++) {
      let d = squared_distance(own, point(first, j));
      let tied = d == kth && ties > 0;
      if d < kth || tied { bits |= 1u << (j % 32); }
      ties -= u32(tied);
    }
    links[(first + i) * params.words + word] = bits;
  }
}

fn point(first: u32, node: u32) -> Point {
  let rgb = vec3i(colours[first + node].rgb * params.levels + 0.5); // an exact product
  return Point(rgb, i32(node % params.columns), i32(node / params.columns));
}

fn squared_distance(a: Point, b: Point) -> u32 {
  let d = vec3u(abs(a.rgb - b.rgb));
  let across = spans[abs(a.column - b.column)];
  let down = spans[i32(params.columns) + abs(a.row - b.row)];
  return d.x * d.x + d.y * d.y + d.z * d.z + across + down;
}

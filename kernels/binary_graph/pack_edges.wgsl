// bits[m, i, w] = Σ_b [cosines[m, i - first, 32 w + b - first] > threshold] 2^b over columns from i
// on: the upper half of some rows of the graph
//
// cosines  [images, rows, nodes - first]  f32, rows and columns from `first` on
// bits     [images, nodes, words]         u32; rows first ... first + rows - 1, words from i on
//
// One invocation per word; `first` is a multiple of 32. Columns from `nodes` on are 0.

override WORKGROUP: u32 = 64;

struct Params { nodes: u32, words: u32, first: u32, rows: u32, threshold: f32 }

@group(0) @binding(0) var<storage, read> cosines: array<f32>;
@group(0) @binding(1) var<storage, read_write> bits: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn pack_edges(@builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) group: vec3u) {
  let i = params.first + group.y;
  let w = params.first / 32 + id.x;
  if w >= params.words || w < i / 32 { return; }
  let columns = params.nodes - params.first;
  let row = (group.z * params.rows + group.y) * columns;
  var word = 0u;
  for (var j = max(32 * w, i); j < min(32 * w + 32, params.nodes); j++) {
    word |= u32(cosines[row + j - params.first] > params.threshold) << (j % 32);
  }
  bits[(group.z * params.nodes + i) * params.words + w] = word;
}

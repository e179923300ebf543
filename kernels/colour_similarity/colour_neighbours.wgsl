// Bit k of the byte of pixel i is set where its k-th neighbour j lies in the grid, is valid, and has a
// colour no further than `reach`: |Lab_i − Lab_j| ≤ reach. Neighbours are the pixels two away in rows,
// columns or both, in reading order: (−2, −2), (−2, 0), (−2, 2), (0, −2), (0, 2), (2, −2), …
//
// lab   [rows, columns, 4]  f32, the fourth 1 where the pixel is valid
// bits  [words]             u32, pixel i is byte i % 4 of word i / 4
//
// One invocation per word.
// Source: Tian et al. 2021 (BoxInst), arXiv 2012.02310, §3.2, eq. 8, dilation 2.

override WORKGROUP: u32 = 64;

struct Params { rows: u32, columns: u32, words: u32, reach: f32 }

// @texels
@group(0) @binding(0) var<storage, read> lab: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> bits: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn colour_neighbours(@builtin(global_invocation_id) id: vec3u) {
  if id.x >= params.words { return; }
  var word = 0u;
  for (var lane = 0u; lane < 4; lane++) {
    let i = 4 * id.x + lane;
    if i < params.rows * params.columns { word |= neighbours(i) << (8 * lane); }
  }
  bits[id.x] = word;
}

fn neighbours(i: u32) -> u32 {
  let y = i32(i / params.columns);
  let x = i32(i % params.columns);
  let own = lab[i].xyz;
  var found = 0u;
  for (var k = 0u; k < 8; k++) {
    let place = i32(k + u32(k > 3)); // of nine, without the fourth
    let row = y + 2 * (place / 3 - 1);
    let column = x + 2 * (place % 3 - 1);
    if row < 0 || row >= i32(params.rows) || column < 0 || column >= i32(params.columns) { continue; }
    let other = lab[u32(row) * params.columns + u32(column)];
    if other.w == 1 && distance(own, other.xyz) <= params.reach { found |= 1u << k; }
  }
  return found;
}

// out[i, r, c] = x[base + i · image + r · row + ⌊c / width⌋ · group + c mod width] + term[r, c]
//
// x     anything of f32
// term  [rows, columns]          f32, of any length, unread, where params.terms is 0
// out   [images, rows, columns]  f32
//
// One invocation per element of the output. Elements of x stand in groups of `width`.

override WORKGROUP: u32 = 64;

struct Params {
  count: u32, lane: u32, rows: u32, columns: u32, terms: u32,
  base: u32, image: u32, row: u32, width: u32, group: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> term: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn regroup(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.lane;
  if index >= params.count { return; }
  let c = index % params.columns;
  let line = index / params.columns; // i · rows + r
  let r = line % params.rows;
  let at = params.base + line / params.rows * params.image + r * params.row;
  var value = x[at + c / params.width * params.group + c % params.width];
  if params.terms > 0 { value += term[r * params.columns + c]; }
  out[index] = value;
}

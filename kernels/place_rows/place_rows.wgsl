// out[n, :] = (source[n] < rows ? x[source[n], :] : fill) + table[n mod period, :]
//
// x       [rows, columns]    f32; columns a multiple of 4
// fill    [columns]          f32, for every row that x has none for
// source  [count]            u32
// table   [period, columns]  f32, read when TABLE = 1
// out     [count, columns]   f32
//
// One invocation per quad.

override WORKGROUP: u32 = 64;
override TABLE: u32 = 0;

struct Params { count: u32, stride: u32, rows: u32, quads: u32, period: u32 }

// @texels
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
// @texels
@group(0) @binding(1) var<storage, read> fill: array<vec4f>;
// @texels
@group(0) @binding(2) var<storage, read> source: array<u32>;
// @texels
@group(0) @binding(3) var<storage, read> table: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn place_rows(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.stride;
  if index >= params.count * params.quads { return; }
  let n = index / params.quads;
  let quad = index % params.quads;
  let row = source[n];
  var value = vec4f();
  if row < params.rows { value = x[row * params.quads + quad]; } else { value = fill[quad]; }
  if TABLE == 1 { value += table[n % params.period * params.quads + quad]; }
  out[index] = value;
}

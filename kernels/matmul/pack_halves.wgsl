// halves[i] = (half(x[2 i]), half(x[2 i + 1])): 16-bit floats, the first in the low bits.
//
// x       [2 · words]  f32
// halves  [words]      u32
//
// One invocation per word; `row` of them along the first axis.

override WORKGROUP: u32 = 64;

struct Params { words: u32, row: u32 }

@group(0) @binding(0) var<storage, read> x: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> halves: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn pack_halves(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if i < params.words { halves[i] = pack2x16float(x[i]); }
}

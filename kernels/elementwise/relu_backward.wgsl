// dx[i] = dOut[i] where out[i] > 0, else 0
//
// dOut  [count]  f32, of any shape, read in quads of 4
// out   [count]  f32, max(x, 0)
// dx    [count]  f32
//
// One invocation per quad. At exactly 0 the gradient is 0, as every framework has it.

override WORKGROUP: u32 = 64;

struct Params { quads: u32, row: u32 }

@group(0) @binding(0) var<storage, read> dOut: array<vec4f>;
@group(0) @binding(1) var<storage, read> out: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn relu_backward(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if i >= params.quads { return; }
  dx[i] = select(vec4f(), dOut[i], out[i] > vec4f());
}

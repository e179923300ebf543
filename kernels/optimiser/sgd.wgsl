// d = gradient + weightDecay · parameter
// velocity  ← momentum · velocity + d
// parameter ← parameter − rate · velocity
//
// gradient   [count]  f32
// velocity   [count]  f32, in place; zeros before the first step, which makes it d
// parameter  [count]  f32, in place
//
// One invocation per quad of elements; the last one may end in the padding of the buffers.
// Source: torch.optim.SGD with dampening 0, not Nesterov. The rate multiplies last, so that a
// warm-up does not scale the velocity.

override WORKGROUP: u32 = 64;

struct Params { quads: u32, stride: u32, rate: f32, momentum: f32, weightDecay: f32 }

// @texels
@group(0) @binding(0) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> velocity: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> parameter: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn sgd(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.stride;
  if i >= params.quads { return; }
  let d = gradient[i] + params.weightDecay * parameter[i];
  let v = params.momentum * velocity[i] + d;
  velocity[i] = v;
  parameter[i] -= params.rate * v;
}

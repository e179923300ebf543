// g         = gradient · min(1, limit / (norm + 1e-6))
// mean      ← beta1 · mean + (1 − beta1) · g
// square    ← beta2 · square + (1 − beta2) · g²
// parameter ← keep · parameter − rate · mean / (√square / root + epsilon)
//
// and nothing at all where the norm is infinite or no number.
//
// norm       [1]      f32, of the gradients of all parameters that are clipped together
// gradient   [count]  f32
// mean       [count]  f32, in place; zeros before the first step
// square     [count]  f32, in place; zeros before the first step
// parameter  [count]  f32, in place
//
// One invocation per quad of elements; the last one may end in the padding of the buffers. What
// depends on the step comes as uniforms, made in f64, as for adam_w.wgsl.
// Source: Loshchilov and Hutter 2019, arXiv 1711.05101, algorithm 2, as torch.optim.AdamW has it,
// behind torch.nn.utils.clip_grad_norm_, its 1e-6 included.

override WORKGROUP: u32 = 64;
const EXPONENT = 0x7f800000u; // all ones: infinity or NaN

struct Params {
  quads: u32, stride: u32, keep: f32, rate: f32, root: f32, epsilon: f32,
  beta1: f32, beta2: f32, rest1: f32, rest2: f32, limit: f32,
}

@group(0) @binding(0) var<storage, read> norm: array<u32>; // bits: compilers may take floats for finite
// @texels
@group(0) @binding(1) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> mean: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> square: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> parameter: array<vec4f>;
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn adam_w_clipped(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.stride;
  if i >= params.quads || (norm[0] & EXPONENT) == EXPONENT { return; }
  let g = gradient[i] * min(1, params.limit / (bitcast<f32>(norm[0]) + 1e-6));
  let m = params.beta1 * mean[i] + params.rest1 * g;
  let v = params.beta2 * square[i] + params.rest2 * g * g;
  mean[i] = m;
  square[i] = v;
  let step = params.rate * m / (sqrt(v) / params.root + params.epsilon);
  parameter[i] = params.keep * parameter[i] - step;
}

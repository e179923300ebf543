// dx[i] = dOut[i] (Φ(x) + x φ(x)) at x = x[i],  φ(x) = exp(-x² / 2) / √(2π)
//
// dOut  [count]  f32, of any shape, read in quads of 4
// x     [count]  f32, what the GELU was given
// dx    [count]  f32
//
// One invocation per quad.

override WORKGROUP: u32 = 64;

struct Params { quads: u32, row: u32 }

// @texels
@group(0) @binding(0) var<storage, read> dOut: array<vec4f>;
// @texels
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn gelu_backward(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if i >= params.quads { return; }
  // erf after Abramowitz and Stegun 7.1.26, |error| ≤ 1.5e-7.
  let value = x[i];
  let z = abs(value) * 0.70710678;
  let t = 1 / (1 + 0.3275911 * z);
  let series =
    ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  let bell = exp(-z * z);
  let share = 0.5 * (1 + sign(value) * (1 - series * bell));
  dx[i] = dOut[i] * (share + 0.39894228 * value * bell);
}

// out[i] = x[i] Φ(x[i]),  Φ(x) = (1 + erf(x / √2)) / 2
//
// x    [count]  f32, of any shape, read in quads of 4
// out  [count]  f32
//
// One invocation per quad. The same arithmetic as the GELU behind a product (matmul.wgsl), for
// training, which keeps what it is given.
// Source: Hendrycks and Gimpel 2016, arXiv 1606.08415.

override WORKGROUP: u32 = 64;

struct Params { quads: u32, row: u32 }

// @texels
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn gelu(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if i >= params.quads { return; }
  // erf after Abramowitz and Stegun 7.1.26, |error| ≤ 1.5e-7.
  let value = x[i];
  let z = abs(value) * 0.70710678;
  let t = 1 / (1 + 0.3275911 * z);
  let series =
    ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  out[i] = 0.5 * value * (1 + sign(value) * (1 - series * exp(-z * z)));
}

// sums[i, s, c] = Σ_p d[i, p, c]    products[i, s, c] = Σ_p d[i, p, c] · normal[i, p, c]
//
// over the pixels p of slice s, where normal = (x − mean) · invStd and d = dOut, or with RELU = 1
// dOut where normal · weight + bias > 0 and 0 elsewhere.
//
// dOut      [images, pixels, channels]  f32, channels a multiple of 4
// x         [images, pixels, channels]  f32, the input of the forward pass
// weight    [channels]                  f32
// bias      [channels]                  f32
// mean      [images, groups]            f32
// invStd    [images, groups]            f32
// sums      [images, slices, channels]  f32
// products  [images, slices, channels]  f32
//
// One invocation per quad of channels and slice. The output is computed anew as group_norm.wgsl
// does, so that training need not keep it.

override WORKGROUP: u32 = 64;
override RELU: u32 = 0;

struct Params {
  count: u32, row: u32, pixels: u32, channels: u32, groupChannels: u32, slices: u32,
  slicePixels: u32,
}

// @texels
@group(0) @binding(0) var<storage, read> dOut: array<vec4f>;
// @texels
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
// @texels
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
// @texels
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
// @texels
@group(0) @binding(4) var<storage, read> mean: array<f32>;
// @texels
@group(0) @binding(5) var<storage, read> invStd: array<f32>;
@group(0) @binding(6) var<storage, read_write> sums: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> products: array<vec4f>;
@group(0) @binding(8) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn group_norm_backward_sums(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if index >= params.count { return; }
  let quads = params.channels / 4;
  let quad = index % quads;
  let slice = index / quads % params.slices;
  let image = index / quads / params.slices;
  let groups = image * (params.channels / params.groupChannels);
  let g = vec4u(groups) + (4 * quad + vec4u(0, 1, 2, 3)) / params.groupChannels;
  let centre = vec4f(mean[g.x], mean[g.y], mean[g.z], mean[g.w]);
  let scale = vec4f(invStd[g.x], invStd[g.y], invStd[g.z], invStd[g.w]);
  let factor = weight[quad];
  let offset = bias[quad];

  let first = slice * params.slicePixels;
  let last = min(first + params.slicePixels, params.pixels);
  var sum = vec4f();
  var product = vec4f();
  for (var p = first; p < last; p++) {
    let at = (image * params.pixels + p) * quads + quad;
    let normal = (x[at] - centre) * scale;
    var d = dOut[at];
    if RELU == 1 { d = select(vec4f(), d, normal * factor + offset > vec4f()); }
    sum += d;
    product += d * normal;
  }
  sums[index] = sum;
  products[index] = product;
}

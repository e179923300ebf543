// partials[i, s, c] = Σ_p (x[i, p, c] − shift)^POWER over the pixels p of slice s
//
// where shift is the first value of the channel's group and image when POWER = 1, so that a mean far
// from zero costs no digits, and the group's mean when POWER = 2.
//
// x         [images, pixels, channels]  f32, channels a multiple of 4
// mean      [images, groups]            f32, read when POWER = 2
// partials  [images, slices, channels]  f32
//
// One invocation per quad of channels and slice. A quad may lie in several groups.
// Source: Chan, Golub, LeVeque 1983, shifted data and two passes.

override WORKGROUP: u32 = 64;
override POWER: u32 = 1;

struct Params {
  count: u32, row: u32, pixels: u32, channels: u32, groupChannels: u32, slices: u32,
  slicePixels: u32,
}

// @texels
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> mean: array<f32>;
@group(0) @binding(2) var<storage, read_write> partials: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

fn shiftOf(image: u32, channel: u32) -> f32 {
  let g = channel / params.groupChannels;
  if POWER == 2 { return mean[image * (params.channels / params.groupChannels) + g]; }
  let first = image * params.pixels * params.channels + g * params.groupChannels;
  return x[first / 4][first % 4];
}

@compute @workgroup_size(WORKGROUP)
fn group_norm_sums(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if index >= params.count { return; }
  let quads = params.channels / 4;
  let quad = index % quads;
  let slice = index / quads % params.slices;
  let image = index / quads / params.slices;
  let c = 4 * quad;
  let shift = vec4f(
    shiftOf(image, c), shiftOf(image, c + 1), shiftOf(image, c + 2), shiftOf(image, c + 3),
  );
  let first = slice * params.slicePixels;
  let last = min(first + params.slicePixels, params.pixels);
  var sum = vec4f();
  for (var p = first; p < last; p++) {
    let off = x[(image * params.pixels + p) * quads + quad] - shift;
    sum += select(off, off * off, POWER == 2);
  }
  partials[index] = sum;
}

// out[i, p, c] = relu((x[i, p, c] − mean[i, g]) · invStd[i, g] · weight[c] + bias[c])
//
// where g is the group of channel c, and RELU says whether there is a ReLU.
//
// x       [images, pixels, channels]  f32, channels a multiple of 4
// weight  [channels]                  f32
// bias    [channels]                  f32
// mean    [images, groups]            f32
// invStd  [images, groups]            f32, 1 / √(variance + epsilon)
// out     [images, pixels, channels]  f32
//
// One invocation per quad of channels and slice of pixels, since what belongs to the channels costs
// more to fetch than a pixel. A quad may lie in several groups.
// Source: Wu and He 2018, arXiv 1803.08494, eq. 1 and 2.

override WORKGROUP: u32 = 64;
override RELU: u32 = 0;

struct Params {
  count: u32, row: u32, pixels: u32, channels: u32, groupChannels: u32, slices: u32,
  slicePixels: u32,
}

// @texels
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
// @texels
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
// @texels
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
// @texels
@group(0) @binding(3) var<storage, read> mean: array<f32>;
// @texels
@group(0) @binding(4) var<storage, read> invStd: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(6) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn group_norm(@builtin(global_invocation_id) id: vec3u) {
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
  for (var p = first; p < last; p++) {
    let at = (image * params.pixels + p) * quads + quad;
    let value = (x[at] - centre) * scale * factor + offset;
    out[at] = select(value, max(value, vec4f()), RELU == 1);
  }
}

// out[i, y, x, c] = (level(i, y, x, c) / 255 − mean[c]) / std[c] for c < 3, and 0 for c = 3
//
// rgb  [images, words]  u32, the bytes of [height, width, 3], each image padded to whole words
// out  [images, height · F, width · F, 4]  f32
//
// level is linear between the centres of the picture's pixels, and constant beyond the outer ones;
// for F = 1 it is the byte itself. One invocation per pixel of the output. F = params.factor.
// Source: torch.nn.functional.interpolate, mode "bilinear", align_corners false.

override WORKGROUP: u32 = 64;

struct Params {
  count: u32, row: u32, words: u32, height: u32, width: u32, factor: u32,
  meanR: f32, meanG: f32, meanB: f32, stdR: f32, stdG: f32, stdB: f32,
}

@group(0) @binding(0) var<storage, read> rgb: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

struct Place { low: u32, high: u32, weight: f32 } // weight of `high`

// Centre i + 1/2 of the output lies at (i + 1/2) / F − 1/2 of the picture: (2 i + 1 − F) / (2 F).
fn place(i: u32, size: u32) -> Place {
  let steps = 2 * params.factor;
  let scaled = max(2 * i + 1, params.factor) - params.factor;
  let low = scaled / steps;
  return Place(low, min(low + 1, size - 1), f32(scaled % steps) / f32(steps));
}

fn level(image: u32, y: u32, x: u32) -> vec3f {
  let at = (y * params.width + x) * 3;
  let bytes = vec3u(at, at + 1, at + 2);
  let first = image * params.words;
  let words = vec3u(rgb[first + bytes.x / 4], rgb[first + bytes.y / 4], rgb[first + bytes.z / 4]);
  return vec3f((words >> (8 * (bytes % 4))) & vec3u(255));
}

@compute @workgroup_size(WORKGROUP)
fn normalise_pictures(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if index >= params.count { return; }
  let row = index / (params.width * params.factor);
  let image = row / (params.height * params.factor);
  let y = place(row % (params.height * params.factor), params.height);
  let x = place(index % (params.width * params.factor), params.width);
  let upper = mix(level(image, y.low, x.low), level(image, y.low, x.high), x.weight);
  let lower = mix(level(image, y.high, x.low), level(image, y.high, x.high), x.weight);
  let mean = vec3f(params.meanR, params.meanG, params.meanB);
  let deviation = vec3f(params.stdR, params.stdG, params.stdB);
  out[index] = vec4f((mix(upper, lower, y.weight) / 255 - mean) / deviation, 0);
}

// out[image, (r, c), :] = mean and deviation of each channel over the patch, in 0 … 1, and two 0:
//   mean_d = Σ x_d / P²,  deviation_d = √(Σ (x_d − mean_d)² / P²),  x = rgb / 255
//
// rgb  [images, words]       u32, the bytes of [height, width, 3], each image padded to whole words
// out  [images, patches, 8]  f32, patches row-major: means of red, green, blue, deviations, 0, 0
//
// One invocation per patch, two passes over its pixels. P = params.side.

override WORKGROUP: u32 = 64;

struct Params { words: u32, rows: u32, columns: u32, side: u32 }

@group(0) @binding(0) var<storage, read> rgb: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn patch_statistics(@builtin(global_invocation_id) id: vec3u) {
  let side = params.side;
  let patches = params.rows * params.columns;
  if id.x >= patches { return; }
  let image = id.y;
  let width = params.columns * side;
  let first = (id.x / params.columns) * side * width + (id.x % params.columns) * side;
  let area = side * side;

  var sum = vec3u();
  for (var i = 0u; i < area; i++) { sum += colour(image, first + i / side * width + i % side); }
  let mean = vec3f(sum) / f32(area);
  var squares = vec3f();
  for (var i = 0u; i < area; i++) {
    let off = vec3f(colour(image, first + i / side * width + i % side)) - mean;
    squares += off * off;
  }
  let deviation = sqrt(squares / f32(area)) / 255;
  let at = 2 * (image * patches + id.x);
  out[at] = vec4f(mean / 255, deviation.r);
  out[at + 1] = vec4f(deviation.gb, 0, 0);
}

// Red, green and blue of a pixel, 0 … 255.
fn colour(image: u32, pixel: u32) -> vec3u {
  return vec3u(level(image, 3 * pixel), level(image, 3 * pixel + 1), level(image, 3 * pixel + 2));
}

fn level(image: u32, at: u32) -> u32 {
  return (rgb[image * params.words + at / 4] >> (8 * (at % 4))) & 255;
}

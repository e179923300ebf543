// values[n] = weights[n] · (1 − 2 A / U),  A = Σ p t,  U = Σ p² + Σ t² + 2e-3 over all pixels,
// slopes[n] = weights[n] · (−2 / U, 4 A / U²): the gradient with respect to p is slopes · (t, p)
// with p = σ(logits[n]), t = masks[maskOf[n]]
//
// logits   [entries, pixels]  f32
// masks    [masks, words]     u32, pixel p is bit p % 32 of word p / 32
// maskOf   [entries]          u32
// weights  [entries]          f32
// values   [1, entries]       f32
// slopes   [entries, 2]       f32
//
// One workgroup per entry: strided partial sums, then a tree reduction.
// Source: Wang et al. 2020 (SOLOv2), arXiv 2003.10152, §3.3.

override WORKGROUP: u32 = 256; // power of two
const EPSILON = 2e-3; // 1e-3 for each of the two sums of squares

struct Params { pixels: u32, words: u32 }

// @texels
@group(0) @binding(0) var<storage, read> logits: array<f32>;
// @texels
@group(0) @binding(1) var<storage, read> masks: array<u32>;
// @texels
@group(0) @binding(2) var<storage, read> maskOf: array<u32>;
// @texels
@group(0) @binding(3) var<storage, read> weights: array<f32>;
@group(0) @binding(4) var<storage, read_write> values: array<f32>;
@group(0) @binding(5) var<storage, read_write> slopes: array<vec2f>;
@group(0) @binding(6) var<uniform> params: Params;

var<workgroup> sums: array<vec2f, WORKGROUP>; // A and U

@compute @workgroup_size(WORKGROUP)
fn mask_dice(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let n = group.x;
  let first = maskOf[n] * params.words;
  var sum = vec2f();
  for (var i = lane; i < params.pixels; i += WORKGROUP) {
    let p = sigmoid(logits[n * params.pixels + i]);
    let t = f32((masks[first + i / 32] >> (i % 32)) & 1);
    sum += vec2f(p * t, p * p + t);
  }
  sums[lane] = sum;
  for (var width = WORKGROUP / 2; width > 0; width /= 2) {
    workgroupBarrier();
    if lane < width { sums[lane] += sums[lane + width]; }
  }
  if lane == 0 {
    let total = sums[0].y + EPSILON;
    let ratio = 2 * sums[0].x / total;
    values[n] = weights[n] * (1 - ratio);
    slopes[n] = 2 * weights[n] / total * vec2f(-1, ratio);
  }
}

// 1 / (1 + e^−t) without overflow.
fn sigmoid(t: f32) -> f32 {
  let e = exp(-abs(t));
  return select(e, 1, t >= 0) / (1 + e);
}

// dLogits[n, i] = factor · weights[n] · Σ_k (ω_{i, k} + ω_{j, 7 − k}) · (σ(z_i) − σ(z_i + z_j)),
// j the k-th neighbour of i: each pair counts from both ends. ω_{i, k} is 1 where i lies in the
// rectangle of the entry's mask and j is alike, else 0; z = logits[n]
//
// logits    [entries, height, width]  f32
// bits      [images, words]           u32, byte i % 4 of word i / 4: the alike neighbours of pixel i
// profiles  [masks, 2, sides]         f32, columns, then rows; [0] is 1 where the mask has any pixel
// imageOf   [masks]                   u32
// maskOf    [entries]                 u32
// weights   [entries]                 f32
// dLogits   [entries, height, width]  f32
//
// One invocation per pixel; the opposite of neighbour k is neighbour 7 − k.

override WORKGROUP: u32 = 64;

struct Params { width: u32, height: u32, words: u32, factor: f32 }

// @texels
@group(0) @binding(0) var<storage, read> logits: array<f32>;
// @texels
@group(0) @binding(1) var<storage, read> bits: array<u32>;
// @texels
@group(0) @binding(2) var<storage, read> profiles: array<f32>;
// @texels
@group(0) @binding(3) var<storage, read> imageOf: array<u32>;
// @texels
@group(0) @binding(4) var<storage, read> maskOf: array<u32>;
// @texels
@group(0) @binding(5) var<storage, read> weights: array<f32>;
@group(0) @binding(6) var<storage, read_write> dLogits: array<f32>;
@group(0) @binding(7) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn pairwise_loss_backward(@builtin(global_invocation_id) id: vec3u) {
  let n = id.y;
  let pixels = params.width * params.height;
  if id.x >= pixels { return; }
  let m = maskOf[n];
  let x = i32(id.x % params.width);
  let y = i32(id.x / params.width);
  let own = logits[n * pixels + id.x];
  let own_bits = bits_at(m, id.x);
  var sum = 0f;
  for (var k = 0u; k < 8; k++) {
    let place = i32(k + u32(k > 3)); // of nine, without the fourth
    let row = y + 2 * (place / 3 - 1);
    let column = x + 2 * (place % 3 - 1);
    if row < 0 || row >= i32(params.height) || column < 0 || column >= i32(params.width) { continue; }
    let j = u32(row) * params.width + u32(column);
    let pairs = ((own_bits >> k) & 1) + ((bits_at(m, j) >> (7 - k)) & 1);
    if pairs == 0 { continue; }
    sum += f32(pairs) * (sigmoid(own) - sigmoid(own + logits[n * pixels + j]));
  }
  dLogits[n * pixels + id.x] = params.factor * weights[n] * sum;
}

// The alike neighbours of a pixel, none outside the rectangle of mask m.
fn bits_at(m: u32, i: u32) -> u32 {
  let columns = 2 * m * (params.width + params.height);
  let rows = columns + params.width;
  let inside = profiles[columns + i % params.width] * profiles[rows + i / params.width] > 0;
  return select(0, (bits[imageOf[m] * params.words + i / 4] >> (8 * (i % 4))) & 255, inside);
}

// 1 / (1 + e^−t) without overflow.
fn sigmoid(t: f32) -> f32 {
  let e = exp(-abs(t));
  return select(e, 1, t >= 0) / (1 + e);
}

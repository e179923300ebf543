// dLogits[n, i] = p (1 − p) · (slopes[n, 0] · t + slopes[n, 1] · p),  p = σ(logits[n, i]),
// t = masks[maskOf[n], i]
//
// logits   [entries, pixels]  f32
// masks    [masks, words]     u32, pixel p is bit p % 32 of word p / 32
// maskOf   [entries]          u32
// slopes   [entries, 2]       f32
// dLogits  [entries, pixels]  f32
//
// One invocation per pixel.

override WORKGROUP: u32 = 64;

struct Params { pixels: u32, words: u32 }

// @texels
@group(0) @binding(0) var<storage, read> logits: array<f32>;
// @texels
@group(0) @binding(1) var<storage, read> masks: array<u32>;
// @texels
@group(0) @binding(2) var<storage, read> maskOf: array<u32>;
@group(0) @binding(3) var<storage, read> slopes: array<vec2f>;
@group(0) @binding(4) var<storage, read_write> dLogits: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn mask_dice_backward(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  let n = id.y;
  if i >= params.pixels { return; }
  let t = f32((masks[maskOf[n] * params.words + i / 32] >> (i % 32)) & 1);
  let z = logits[n * params.pixels + i];
  let e = exp(-abs(z));
  let p = select(e, 1, z >= 0) / (1 + e);
  dLogits[n * params.pixels + i] = e / ((1 + e) * (1 + e)) * dot(slopes[n], vec2f(t, p));
}

// overlaps[i, j] = number of pixels that are in mask i and in mask j
//
// bits      [words, pitch]  u32, bit masks side by side, pitch a multiple of 4
// overlaps  [masks, masks]  u32, masks ≤ pitch
//
// One invocation per 4 × 4 masks on and above the diagonal, so that a word is loaded once for four of
// its pairs; it writes the pairs below the diagonal too.

override WORKGROUP: u32 = 64;
const SIDE = 4u;

struct Params { masks: u32, words: u32, quads: u32 } // quads = pitch / 4

// @texels
@group(0) @binding(0) var<storage, read> bits: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> overlaps: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn mask_overlaps(@builtin(global_invocation_id) id: vec3u) {
  let left = id.y;
  let right = id.x;
  if right >= params.quads || right < left { return; }
  var counts = array<vec4u, SIDE>();
  for (var w = 0u; w < params.words; w++) {
    let row = w * params.quads;
    let a = bits[row + left];
    let b = bits[row + right];
    // @unroll
    for (var s = 0u; s < SIDE; s++) { counts[s] += countOneBits(vec4u(a[s]) & b); }
  }
  // @unroll
  for (var s = 0u; s < SIDE; s++) {
    let i = SIDE * left + s;
    for (var t = 0u; t < SIDE; t++) {
      let j = SIDE * right + t;
      if max(i, j) < params.masks {
        overlaps[i * params.masks + j] = counts[s][t];
        overlaps[j * params.masks + i] = counts[s][t];
      }
    }
  }
}

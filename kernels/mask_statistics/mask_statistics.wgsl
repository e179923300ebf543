// bits[m, w] = pixels 32 w … 32 w + 31 of mask m, lowest bit first; set where logits > threshold
// counts[m] = number of pixels that are set,  means[m] = mean of σ(logits) over them, 0 of none
//
// logits  [masks, pixels]  f32
// bits    [masks, words]   u32, words = ⌈pixels / 32⌉; zero beyond the last pixel
// counts  [masks]          u32
// means   [masks]          f32
//
// One workgroup per mask: each invocation takes one word in WORKGROUP, a tree adds up what they have.
// Source: Wang et al. 2020 (SOLOv2), arXiv 2003.10152, §3.3: the maskness of a mask.

override WORKGROUP: u32 = 64; // power of two

struct Params { pixels: u32, words: u32, threshold: f32 }

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read_write> bits: array<u32>;
@group(0) @binding(2) var<storage, read_write> counts: array<u32>;
@group(0) @binding(3) var<storage, read_write> means: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

var<workgroup> set_pixels: array<u32, WORKGROUP>;
var<workgroup> sums: array<f32, WORKGROUP>;

// 1 / (1 + e^−t) without overflow.
fn sigmoid(t: f32) -> f32 {
  let e = exp(-abs(t));
  return select(e, 1, t >= 0) / (1 + e);
}

@compute @workgroup_size(WORKGROUP)
fn mask_statistics(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let m = group.x;
  for (var w = lane; w < params.words; w += WORKGROUP) {
    let count = min(32, params.pixels - 32 * w);
    let first = m * params.pixels + 32 * w;
    var word = 0u;
    var sum = 0f; // of this word alone, so that few terms are added to a long sum
    for (var bit = 0u; bit < count; bit++) {
      let z = logits[first + bit];
      if z > params.threshold {
        word |= 1u << bit;
        sum += sigmoid(z);
      }
    }
    bits[m * params.words + w] = word;
    set_pixels[lane] += countOneBits(word);
    sums[lane] += sum;
  }
  for (var width = WORKGROUP / 2; width > 0; width /= 2) {
    workgroupBarrier();
    if lane < width {
      set_pixels[lane] += set_pixels[lane + width];
      sums[lane] += sums[lane + width];
    }
  }
  if lane == 0 {
    counts[m] = set_pixels[0];
    means[m] = sums[0] / f32(max(set_pixels[0], 1));
  }
}

// order[r] = the mask with the score of rank r, best first, for r < limit;  best[w, r] = its word w
// score[m] = chances[m] · means[m], or 0 where counts[m] ≤ least[m]; of equals the first is better
//
// bits     [masks, words]  u32, bit masks
// counts   [masks]         u32, pixels of each
// means    [masks]         f32, from 0 on
// chances  [masks]         f32, from 0 on
// least    [masks]         u32
// order    [limit]         u32
// best     [words, pitch]  u32, masks side by side; columns from `limit` on are not written
//
// One workgroup per mask: its rank is the number of masks that are better, and nobody else has it.

override WORKGROUP: u32 = 64; // power of two

struct Params { masks: u32, words: u32, limit: u32, pitch: u32 }

// @texels
@group(0) @binding(0) var<storage, read> bits: array<u32>;
// @texels
@group(0) @binding(1) var<storage, read> counts: array<u32>;
// @texels
@group(0) @binding(2) var<storage, read> means: array<f32>;
// @texels
@group(0) @binding(3) var<storage, read> chances: array<f32>;
// @texels
@group(0) @binding(4) var<storage, read> least: array<u32>;
@group(0) @binding(5) var<storage, read_write> order: array<u32>;
@group(0) @binding(6) var<storage, read_write> best: array<u32>;
@group(0) @binding(7) var<uniform> params: Params;

var<workgroup> better: array<u32, WORKGROUP>;

fn score(m: u32) -> f32 { return select(0, chances[m] * means[m], counts[m] > least[m]); }

@compute @workgroup_size(WORKGROUP)
fn best_masks(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let m = group.x;
  let own = score(m);
  for (var i = lane; i < params.masks; i += WORKGROUP) {
    let other = score(i);
    better[lane] += u32(other > own || (other == own && i < m));
  }
  for (var width = WORKGROUP / 2; width > 0; width /= 2) {
    workgroupBarrier();
    if lane < width { better[lane] += better[lane + width]; }
  }
  workgroupBarrier();
  let rank = better[0];
  if rank >= params.limit { return; }
  if lane == 0 { order[rank] = m; }
  for (var w = lane; w < params.words; w += WORKGROUP) {
    best[w * params.pitch + rank] = bits[m * params.words + w];
  }
}

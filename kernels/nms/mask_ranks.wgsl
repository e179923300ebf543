// order[r] = the survivor of the filter at place r, best first.
//
// table      [images, capacity, 8]  u32, from mask_table
// totals     [images]               u32, number of masks
// verdicts   [images, capacity]     u32, 0 for survivors
// overlaps   [images, capacity]     u32, salient cells of each mask
// coherence  [images, capacity]     f32
// order      [images, capacity]     u32, mask numbers; written for the survivors
// survivors  [images]               u32
//
// One invocation per mask, striding over as many as exist: its place is the number of survivors
// that are better. By the key, then the larger area, the smaller k, the first cell, the mask
// number: a total order, so that places never collide. |M ∩ S| / |M| is compared by cross
// multiplication, exactly.

override WORKGROUP: u32 = 64;
const TABLE = 8u;
const KEY_IOA = 0u;
const KEY_K = 2u;
const KEY_COHERENCE = 3u;

struct Params {
  capacity: u32,
  stride: u32, // invocations per image
  key: u32, // 0 |M ∩ S| / |M|, 1 area, 2 k, 3 coherence
}

@group(0) @binding(0) var<storage, read> table: array<u32>;
@group(0) @binding(1) var<storage, read> totals: array<u32>;
@group(0) @binding(2) var<storage, read> verdicts: array<u32>;
@group(0) @binding(3) var<storage, read> overlaps: array<u32>;
@group(0) @binding(4) var<storage, read> coherence: array<f32>;
@group(0) @binding(5) var<storage, read_write> order: array<u32>;
@group(0) @binding(6) var<storage, read_write> survivors: array<u32>;
@group(0) @binding(7) var<uniform> params: Params;

struct Mask { mask: u32, k: u32, area: u32, first: u32, overlap: u32, coherence: f32 }

fn load(mask: u32) -> Mask {
  let at = mask * TABLE;
  return Mask(mask, table[at + 1], table[at + 4], table[at + 6], overlaps[mask], coherence[mask]);
}

fn is_better(a: Mask, b: Mask) -> bool {
  if params.key == KEY_IOA {
    let x = a.overlap * b.area;
    let y = b.overlap * a.area;
    if x != y { return x > y; }
  }
  if params.key == KEY_COHERENCE && a.coherence != b.coherence { return a.coherence > b.coherence; }
  if params.key == KEY_K && a.k != b.k { return a.k < b.k; }
  if a.area != b.area { return a.area > b.area; }
  if a.k != b.k { return a.k < b.k; }
  if a.first != b.first { return a.first < b.first; }
  return a.mask < b.mask;
}

@compute @workgroup_size(WORKGROUP)
fn mask_ranks(@builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) group: vec3u) {
  let image = group.y;
  let base = image * params.capacity;
  let total = totals[image];
  if id.x == 0 {
    var count = 0u;
    for (var m = 0u; m < total; m++) { count += u32(verdicts[base + m] == 0); }
    survivors[image] = count;
  }
  for (var m = id.x; m < total; m += params.stride) {
    if verdicts[base + m] != 0 { continue; }
    let own = load(base + m);
    var place = 0u;
    for (var other = 0u; other < total; other++) {
      if other == m || verdicts[base + other] != 0 { continue; }
      place += u32(is_better(load(base + other), own));
    }
    order[base + place] = m;
  }
}

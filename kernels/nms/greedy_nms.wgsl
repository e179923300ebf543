// Walks the survivors of ranks start … start + ranks - 1, best first; each that still stands
// suppresses all worse ones whose IoU with it is above the threshold.
//
// bits       [images, capacity, words]  u32, from mask_bits
// table      [images, capacity, 8]      u32, from mask_table
// order      [images, capacity]         u32, survivors, best first (mask_ranks)
// survivors  [images]                   u32
// fates      [images, capacity, 3]      u32: rank, the mask that suppressed it (NONE when kept),
//                                       cells shared with that (mask_ranks sets them up)
//
// One workgroup per image. IoU > t is compared exactly: 10000 · |A ∩ B| > steps · |A ∪ B|.

override WORKGROUP: u32 = 256;
const NONE = 0xffffffffu;
const STEPS = 10000u;
const TABLE = 8u;
const AREA = 4u;
const FIRST = 6u;
const LAST = 7u;
const FATES = 3u;

struct Params {
  words: u32,
  capacity: u32,
  threshold: u32, // steps
  start: u32,
  ranks: u32,
}

@group(0) @binding(0) var<storage, read> bits: array<u32>;
@group(0) @binding(1) var<storage, read> table: array<u32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read> survivors: array<u32>;
@group(0) @binding(4) var<storage, read_write> fates: array<u32>;
@group(0) @binding(5) var<uniform> params: Params;

// Cells in both masks: only the words that both reach.
fn shared_cells(a: u32, b: u32) -> u32 {
  let first = max(table[a * TABLE + FIRST], table[b * TABLE + FIRST]) / 32;
  let last = min(table[a * TABLE + LAST], table[b * TABLE + LAST]) / 32;
  var cells = 0u;
  for (var w = first; w <= last; w++) {
    cells += countOneBits(bits[a * params.words + w] & bits[b * params.words + w]);
  }
  return cells;
}

// Suppresses the survivors from rank `start` on that overlap `best` too much, one in WORKGROUP.
fn suppress(base: u32, best: u32, start: u32, count: u32) {
  let area = table[best * TABLE + AREA];
  for (var r = start; r < count; r += WORKGROUP) {
    let mask = base + order[base + r];
    if fates[mask * FATES + 1] != NONE { continue; }
    let other_area = table[mask * TABLE + AREA];
    // The IoU is at most smaller / larger.
    if STEPS * min(area, other_area) <= params.threshold * max(area, other_area) { continue; }
    let cells = shared_cells(best, mask);
    if STEPS * cells > params.threshold * (area + other_area - cells) {
      fates[mask * FATES + 1] = best - base;
      fates[mask * FATES + 2] = cells;
    }
  }
}

@compute @workgroup_size(WORKGROUP)
fn greedy_nms(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) id: vec3u) {
  let image = group.x;
  let lane = id.x;
  let base = image * params.capacity;
  let count = survivors[image];

  for (var r = params.start; r < min(count, params.start + params.ranks); r++) {
    storageBarrier(); // what the ranks before have suppressed
    let best = base + order[base + r];
    if fates[best * FATES + 1] == NONE { suppress(base, best, r + 1 + lane, count); }
  }
}

// out[i, j] = number of cells that are in a[i] and in b[j]
//
// a    [masks, words]   u32, bit masks
// b    [others, words]  u32, bit masks
// out  [masks, others]  u32
//
// One invocation per pair.

override WORKGROUP: u32 = 64;

struct Params { masks: u32, others: u32, words: u32, row: u32 }

@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read> b: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn mask_intersections(@builtin(global_invocation_id) id: vec3u) {
  let pair = id.y * params.row + id.x;
  if pair >= params.masks * params.others { return; }
  let i = pair / params.others;
  let j = pair % params.others;
  var cells = 0u;
  for (var w = 0u; w < params.words; w++) {
    cells += countOneBits(a[i * params.words + w] & b[j * params.words + w]);
  }
  out[pair] = cells;
}

// coherence[m] = mean over the cells i of mask m of cos(keys[i], mean key) = |mean of keys[i]|,
// since the keys have length 1.
//
// bits       [images, capacity, words]  u32, from mask_bits
// table      [images, capacity, 8]      u32, from mask_table
// totals     [images]                   u32, number of masks
// keys       [images, cells, 4 * quads] f32, rows of length 1
// coherence  [images, capacity]         f32, written for the masks that exist
//
// One workgroup per mask, striding over as many as exist; each invocation sums its own columns,
// SPAN quads at a time: the bits are walked once for 384 columns.

override WORKGROUP: u32 = 32;
const SPAN = 3u;
const TABLE = 8u;
const AREA = 4u;
const FIRST = 6u;
const LAST = 7u;

struct Params { cells: u32, words: u32, capacity: u32, quads: u32, groups: u32 }

@group(0) @binding(0) var<storage, read> bits: array<u32>;
@group(0) @binding(1) var<storage, read> table: array<u32>;
@group(0) @binding(2) var<storage, read> totals: array<u32>;
// @texels
@group(0) @binding(3) var<storage, read> keys: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> coherence: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

var<workgroup> squares: array<f32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn mask_coherence(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) id: vec3u) {
  let image = group.y;
  let lane = id.x;
  for (var m = group.x; m < totals[image]; m += params.groups) {
    let mask = image * params.capacity + m;
    let last = table[mask * TABLE + LAST] / 32;
    var sum = 0.0;
    for (var q = lane; q < params.quads; q += SPAN * WORKGROUP) {
      var columns = array<u32, SPAN>();
      var key = array<vec4f, SPAN>();
      // @unroll
      for (var s = 0u; s < SPAN; s++) { columns[s] = min(q + s * WORKGROUP, params.quads - 1); }
      for (var w = table[mask * TABLE + FIRST] / 32; w <= last; w++) {
        var word = bits[mask * params.words + w];
        while word != 0 {
          let cell = 32 * w + firstTrailingBit(word);
          let key_at = (image * params.cells + cell) * params.quads;
          // @unroll
          for (var s = 0u; s < SPAN; s++) { key[s] += keys[key_at + columns[s]]; }
          word &= word - 1;
        }
      }
      // @unroll
      for (var s = 0u; s < SPAN; s++) {
        if q + s * WORKGROUP < params.quads { sum += dot(key[s], key[s]); }
      }
    }
    squares[lane] = sum;
    workgroupBarrier();
    if lane == 0 {
      for (var l = 1u; l < WORKGROUP; l++) { sum += squares[l]; }
      coherence[mask] = sqrt(sum) / f32(table[mask * TABLE + AREA]);
    }
    workgroupBarrier();
  }
}

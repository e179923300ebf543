// One row per mask: map, k, cluster, component within the cluster, area, border cells, first cell,
// last cell.
//
// labels      [images, maps, cells]       u32, cluster of each cell
// firsts      [images, maps, cells]       u32, first cell of each component
// counts      [images, maps]              u32, components of each map
// ks          [maps]                      u32, cluster count of each map
// bits        [images, capacity, words]   u32, from mask_bits
// table       [images, capacity, 8]       u32, written for the masks that exist
//
// One invocation per component number, for all maps. A border cell is counted once.

override WORKGROUP: u32 = 64;
const COLUMNS = 8u;

struct Params {
  maps: u32,
  rows: u32,
  columns: u32,
  words: u32,
  capacity: u32,
}

@group(0) @binding(0) var<storage, read> labels: array<u32>;
@group(0) @binding(1) var<storage, read> firsts: array<u32>;
@group(0) @binding(2) var<storage, read> counts: array<u32>;
@group(0) @binding(3) var<storage, read> ks: array<u32>;
@group(0) @binding(4) var<storage, read> bits: array<u32>;
@group(0) @binding(5) var<storage, read_write> table: array<u32>;
@group(0) @binding(6) var<uniform> params: Params;

fn is_border(cell: u32) -> bool {
  let row = cell / params.columns;
  let column = cell % params.columns;
  return row == 0 || column == 0 || row == params.rows - 1 || column == params.columns - 1;
}

fn describe(image: u32, map: u32, component: u32, mask: u32) {
  let cells = params.rows * params.columns;
  let map_at = (image * params.maps + map) * cells;
  let first = firsts[map_at + component];
  let cluster = labels[map_at + first];
  var ahead = 0u; // earlier components of the same cluster
  for (var c = 0u; c < component; c++) {
    ahead += u32(labels[map_at + firsts[map_at + c]] == cluster);
  }

  let mask_at = (image * params.capacity + mask) * params.words;
  var area = 0u;
  var border = 0u;
  var last = first;
  for (var w = first / 32; w < params.words; w++) {
    var word = bits[mask_at + w];
    area += countOneBits(word);
    while word != 0 {
      last = 32 * w + firstTrailingBit(word);
      border += u32(is_border(last));
      word &= word - 1;
    }
  }
  let at = (image * params.capacity + mask) * COLUMNS;
  table[at] = map;
  table[at + 1] = ks[map];
  table[at + 2] = cluster;
  table[at + 3] = ahead;
  table[at + 4] = area;
  table[at + 5] = border;
  table[at + 6] = first;
  table[at + 7] = last;
}

@compute @workgroup_size(WORKGROUP)
fn mask_table(@builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) group: vec3u) {
  let image = group.y;
  var before = 0u;
  for (var map = 0u; map < params.maps; map++) {
    let count = counts[image * params.maps + map];
    if id.x < count { describe(image, map, id.x, before + id.x); }
    before += count;
  }
}

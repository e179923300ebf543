// Numbers the components of each map 0, 1, … in raster order of their first cells.
//
// parents     [maps, rows, columns]  u32, trees from component_merge; NONE for background
// components  [maps, rows, columns]  u32, number of the cell's component; NONE for background
// firsts      [maps, rows, columns]  u32, first cell of each component; unset from `counts` on
// counts      [maps]                 u32
//
// One workgroup per map, a contiguous chunk of cells per invocation: roots are counted per chunk,
// summed in order, numbered, and then looked up by all cells.

override WORKGROUP: u32 = 64;
const NONE = 0xffffffffu;

struct Params { cells: u32 }

@group(0) @binding(0) var<storage, read> parents: array<u32>;
@group(0) @binding(1) var<storage, read_write> components: array<u32>;
@group(0) @binding(2) var<storage, read_write> firsts: array<u32>;
@group(0) @binding(3) var<storage, read_write> counts: array<u32>;
@group(0) @binding(4) var<uniform> params: Params;

var<workgroup> roots: array<u32, WORKGROUP>; // number of roots in each chunk

@compute @workgroup_size(WORKGROUP)
fn component_number(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) id: vec3u,
) {
  let map = group.x;
  let lane = id.x;
  let first = map * params.cells;
  let chunk = (params.cells + WORKGROUP - 1) / WORKGROUP;
  let begin = min(lane * chunk, params.cells);
  let end = min(begin + chunk, params.cells);

  for (var cell = begin; cell < end; cell++) {
    roots[lane] += u32(parents[first + cell] == cell);
  }
  workgroupBarrier();

  var number = 0u;
  for (var l = 0u; l < lane; l++) { number += roots[l]; }
  if lane == WORKGROUP - 1 { counts[map] = number + roots[lane]; }
  for (var cell = begin; cell < end; cell++) {
    if parents[first + cell] != cell { continue; }
    components[first + cell] = number;
    firsts[first + number] = cell;
    number++;
  }
  storageBarrier();

  for (var cell = begin; cell < end; cell++) {
    var at = parents[first + cell];
    if at == cell { continue; }
    if at == NONE {
      components[first + cell] = NONE;
      continue;
    }
    while parents[first + at] != at { at = parents[first + at]; }
    components[first + cell] = components[first + at];
  }
}

// Numbers the values of each map 0, 1, … in raster order of their first cells: as component_number
// does with components, but whether the cells of a value are connected or not.
//
// values      [maps, rows, columns]  u32, below MOST
// components  [maps, rows, columns]  u32, number of the cell's value
// firsts      [maps, rows, columns]  u32, first cell of each number; unset from `counts` on
// counts      [maps]                 u32
//
// One workgroup per map, striding over its cells: the first cell of each value by an atomic minimum,
// its number from how many values begin before it, then every cell looks its number up.

override WORKGROUP: u32 = 64;
const MOST = 64u; // values of a map
const NONE = 0xffffffffu;

struct Params { cells: u32 }

@group(0) @binding(0) var<storage, read> values: array<u32>;
@group(0) @binding(1) var<storage, read_write> components: array<u32>;
@group(0) @binding(2) var<storage, read_write> firsts: array<u32>;
@group(0) @binding(3) var<storage, read_write> counts: array<u32>;
@group(0) @binding(4) var<uniform> params: Params;

var<workgroup> begins: array<atomic<u32>, MOST>; // first cell of each value
var<workgroup> numbers: array<u32, MOST>;
var<workgroup> present: atomic<u32>; // values that have a cell; starts at zero

@compute @workgroup_size(WORKGROUP)
fn value_number(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) id: vec3u,
) {
  let lane = id.x;
  let first = group.x * params.cells;
  for (var v = lane; v < MOST; v += WORKGROUP) { atomicStore(&begins[v], NONE); }
  workgroupBarrier();
  for (var cell = lane; cell < params.cells; cell += WORKGROUP) {
    atomicMin(&begins[values[first + cell]], cell);
  }
  workgroupBarrier();
  for (var v = lane; v < MOST; v += WORKGROUP) {
    let begin = atomicLoad(&begins[v]);
    if begin == NONE { continue; }
    var number = 0u;
    for (var other = 0u; other < MOST; other++) {
      number += u32(atomicLoad(&begins[other]) < begin);
    }
    numbers[v] = number;
    firsts[first + number] = begin;
    atomicAdd(&present, 1u);
  }
  workgroupBarrier();
  if lane == 0 { counts[group.x] = atomicLoad(&present); }
  for (var cell = lane; cell < params.cells; cell += WORKGROUP) {
    components[first + cell] = numbers[values[first + cell]];
  }
}

// parents[cell] = the first cell of the horizontal run of equal values that holds the cell;
// NONE where the value is `background`.
//
// values   [maps, rows, columns]  u32
// parents  [maps, rows, columns]  u32, cell numbers within the map
//
// One invocation per row: runs are short cuts, so that no chain is longer than the map is high.

override WORKGROUP: u32 = 64;
const NONE = 0xffffffffu;

struct Params { lines: u32, rows: u32, columns: u32, background: u32, has_background: u32 }

@group(0) @binding(0) var<storage, read> values: array<u32>;
@group(0) @binding(1) var<storage, read_write> parents: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn component_runs(@builtin(global_invocation_id) id: vec3u) {
  let line = id.x; // map * rows + row
  if line >= params.lines { return; }
  let first = line * params.columns;
  let row_cell = (line % params.rows) * params.columns;
  var start = 0u;
  for (var column = 0u; column < params.columns; column++) {
    let value = values[first + column];
    if column > 0 && value != values[first + column - 1] { start = column; }
    let ground = params.has_background == 1 && value == params.background;
    parents[first + column] = select(row_cell + start, NONE, ground);
  }
}

// Joins the trees of cells that touch in neighbouring rows and hold equal values.
//
// values   [maps, rows, columns]  u32
// parents  [maps, rows, columns]  u32, from component_runs; afterwards one tree per component,
//                                 whose root is the component's first cell in raster order
//
// One invocation per cell; lock-free: the larger root gets the smaller one as its parent by an
// atomic minimum, and starts again from the parent it had when another invocation came first.
// Every retry lowers a cell number, so the loops end, and the roots do not depend on the order.
// Source: Playne & Hawick 2018, "A new algorithm for parallel connected-component labelling".

override WORKGROUP: u32 = 64;
const NONE = 0xffffffffu;

struct Params { rows: u32, columns: u32, diagonals: u32 }

@group(0) @binding(0) var<storage, read> values: array<u32>;
@group(0) @binding(1) var<storage, read_write> parents: array<atomic<u32>>;
@group(0) @binding(2) var<uniform> params: Params;

fn root(first: u32, cell: u32) -> u32 {
  var at = cell;
  var parent = atomicLoad(&parents[first + at]);
  while parent != at {
    at = parent;
    parent = atomicLoad(&parents[first + at]);
  }
  return at;
}

fn join(first: u32, one: u32, other: u32) {
  var a = one;
  var b = other;
  loop {
    a = root(first, a);
    b = root(first, b);
    if a == b { return; }
    let high = max(a, b);
    let low = min(a, b);
    let parent = atomicMin(&parents[first + high], low);
    if parent == high { return; } // it was a root: joined
    a = parent;
    b = low;
  }
}

@compute @workgroup_size(WORKGROUP)
fn component_merge(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(workgroup_id) group: vec3u,
) {
  let cell = id.x;
  let columns = params.columns;
  if cell >= params.rows * columns || cell < columns { return; } // the first row has none above
  let first = group.y * params.rows * columns;
  let value = values[first + cell];
  if atomicLoad(&parents[first + cell]) == NONE { return; }
  let column = cell % columns;
  let above = cell - columns;
  let has_left = column > 0;
  let has_right = column + 1 < columns;
  let same_left = has_left && values[first + cell - 1] == value;
  let same_above = values[first + above] == value;
  let same_above_left = has_left && values[first + above - 1] == value;

  // Where both runs go on to the left, the cell there has made the same join.
  if same_above && !(same_left && same_above_left) { join(first, cell, above); }
  if params.diagonals == 1 && !same_above {
    if same_above_left && !same_left { join(first, cell, above - 1); }
    if has_right && values[first + above + 1] == value { join(first, cell, above + 1); }
  }
}

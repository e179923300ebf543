// dx[i, y, x, q] = dOut[i, y/2, x/2, q] where y and x are even, else 0
//
// dOut  [images, ⌈rows/2⌉, ⌈columns/2⌉, quads]  f32, quads of 4 channels, channels last
// dx    [images, rows, columns, quads]          f32
//
// One invocation per quad of the result: the adjoint of subsample.wgsl.

override WORKGROUP: u32 = 64;

struct Params { count: u32, row: u32, rows: u32, columns: u32, quads: u32 }

@group(0) @binding(0) var<storage, read> dOut: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> dx: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn subsample_backward(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if index >= params.count { return; }
  let pixel = index / params.quads;
  let line = pixel / params.columns; // image · rows + y
  let y = line % params.rows;
  let x = pixel % params.columns;
  var value = vec4f();
  if (y | x) % 2 == 0 {
    let outRow = line / params.rows * ((params.rows + 1) / 2) + y / 2;
    let at = outRow * ((params.columns + 1) / 2) + x / 2;
    value = dOut[at * params.quads + index % params.quads];
  }
  dx[index] = value;
}

// out[i, y, x, q] = x[i, 2y, 2x, q]
//
// x    [images, rows, columns, quads]            f32, quads of 4 channels, channels last
// out  [images, ⌈rows/2⌉, ⌈columns/2⌉, quads]    f32
//
// One invocation per quad of the output.
// Source: Lin et al. 2017 (FPN), arXiv 1612.03144, footnote 2: the coarsest level of the pyramid.

override WORKGROUP: u32 = 64;

struct Params { count: u32, row: u32, rows: u32, columns: u32, quads: u32 }

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn subsample(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if index >= params.count { return; }
  let outRows = (params.rows + 1) / 2;
  let outColumns = (params.columns + 1) / 2;
  let pixel = index / params.quads;
  let line = pixel / outColumns; // image · outRows + y
  let at = (line / outRows * params.rows + 2 * (line % outRows)) * params.columns +
    2 * (pixel % outColumns);
  out[index] = x[at * params.quads + index % params.quads];
}

// out[i, j] = exp(sharpness · x[i, j] + ofRow[i] + ofColumn[j])
//
// x         [rows, columns]  f32
// ofRow     [rows]           f32, logarithms of factors
// ofColumn  [columns]        f32
// out       [rows, columns]  f32
//
// One invocation per element.

override WORKGROUP: u32 = 64;

struct Params { count: u32, row: u32, columns: u32, sharpness: f32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> ofRow: array<f32>;
@group(0) @binding(2) var<storage, read> ofColumn: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn sinkhorn_assign(@builtin(global_invocation_id) id: vec3u) {
  let at = id.x + id.y * params.row;
  if at >= params.count { return; }
  let factors = ofRow[at / params.columns] + ofColumn[at % params.columns];
  out[at] = exp(params.sharpness * x[at] + factors);
}

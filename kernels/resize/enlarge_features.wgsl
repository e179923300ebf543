// out[i, y, x] = features[i] at row y * (rows - 1) / (out_rows - 1) and the same for x, linear
// between cells; the corners of both grids coincide.
//
// features  [images, rows, columns, quads]          f32, quads of 4 channels, channels last
// out       [images, out_rows, out_columns, quads]  f32
//
// One invocation per quad of an output, a row of outputs per y, an image per z. Places are whole
// numbers over out size - 1, so that only the weights are rounded and a weight of 0 is exact.
// Source: torch.nn.functional.interpolate, mode "bilinear", align_corners true.

override WORKGROUP: u32 = 64;

struct Params { rows: u32, columns: u32, out_rows: u32, out_columns: u32, quads: u32 }

// @texels
@group(0) @binding(0) var<storage, read> features: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

struct Place { low: u32, high: u32, weight: f32 } // weight of `high`

fn place(i: u32, size: u32, out_size: u32) -> Place {
  let steps = max(out_size, 2) - 1; // one cell alone is at place 0
  let scaled = i * (size - 1); // place * steps
  let low = scaled / steps;
  return Place(low, min(low + 1, size - 1), f32(scaled % steps) / f32(steps));
}

@compute @workgroup_size(WORKGROUP)
fn enlarge_features(@builtin(global_invocation_id) id: vec3u) {
  if id.x >= params.out_columns * params.quads { return; }
  let q = id.x % params.quads;
  let y = place(id.y, params.rows, params.out_rows);
  let x = place(id.x / params.quads, params.columns, params.out_columns);
  let pitch = params.columns * params.quads;
  let top = (id.z * params.rows + y.low) * pitch;
  let bottom = (id.z * params.rows + y.high) * pitch;
  let left = x.low * params.quads + q;
  let right = x.high * params.quads + q;
  let upper = mix(features[top + left], features[top + right], x.weight);
  let lower = mix(features[bottom + left], features[bottom + right], x.weight);
  let row = (id.z * params.out_rows + id.y) * params.out_columns * params.quads;
  out[row + id.x] = mix(upper, lower, y.weight);
}

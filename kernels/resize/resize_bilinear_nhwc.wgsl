// out[i, y, x, q] = features[i] at row (y + 1/2) · rows / outRows − 1/2 and the same for x, linear
// between the centres of pixels, constant beyond the outermost centres; no antialiasing.
//
// features  [images, rows, columns, quads]        f32, quads of 4 channels, channels last
// out       [images, outRows, outColumns, quads]  f32
//
// One invocation per quad of the output. Places are whole numbers over 2 · out size, so that only
// the weights are rounded.
// Source: torch.nn.functional.interpolate, mode "bilinear", align_corners false.

override WORKGROUP: u32 = 64;

struct Params {
  count: u32, row: u32, rows: u32, columns: u32, outRows: u32, outColumns: u32, quads: u32,
}

// @texels
@group(0) @binding(0) var<storage, read> features: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

struct Place { low: u32, high: u32, weight: f32 } // weight of `high`

fn place(i: u32, size: u32, outSize: u32) -> Place {
  let scaled = max((2 * i + 1) * size, outSize) - outSize; // place · 2 · outSize, from 0 on
  let low = scaled / (2 * outSize);
  let weight = f32(scaled % (2 * outSize)) / f32(2 * outSize);
  return Place(low, min(low + 1, size - 1), weight);
}

@compute @workgroup_size(WORKGROUP)
fn resize_bilinear_nhwc(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if index >= params.count { return; }
  let q = index % params.quads;
  let pixel = index / params.quads;
  let line = pixel / params.outColumns; // image · outRows + y
  let y = place(line % params.outRows, params.rows, params.outRows);
  let x = place(pixel % params.outColumns, params.columns, params.outColumns);
  let image = line / params.outRows * params.rows;
  let top = (image + y.low) * params.columns;
  let bottom = (image + y.high) * params.columns;
  let upper = mix(
    features[(top + x.low) * params.quads + q],
    features[(top + x.high) * params.quads + q],
    x.weight,
  );
  let lower = mix(
    features[(bottom + x.low) * params.quads + q],
    features[(bottom + x.high) * params.quads + q],
    x.weight,
  );
  out[index] = mix(upper, lower, y.weight);
}

// dLogits[n, y, x] = p (1 − p) · ([y = at[n, x]] · slopes[n, 0, x] + slopes[n, 1, x]
//                                + [x = at[n, width + y]] · slopes[n, 0, width + y] + slopes[n, 1, width + y])
// with p = σ(logits[n, y, x])
//
// logits   [entries, height, width]  f32
// at       [entries, sides]          u32, sides = width + height: columns, then rows
// slopes   [entries, 2, sides]       f32
// dLogits  [entries, height, width]  f32
//
// One invocation per pixel.

override WORKGROUP: u32 = 64;

struct Params { width: u32, height: u32 }

// @texels
@group(0) @binding(0) var<storage, read> logits: array<f32>;
// @texels
@group(0) @binding(1) var<storage, read> at: array<u32>;
// @texels
@group(0) @binding(2) var<storage, read> slopes: array<f32>;
@group(0) @binding(3) var<storage, read_write> dLogits: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn projection_loss_backward(@builtin(global_invocation_id) id: vec3u) {
  let n = id.y;
  let pixels = params.width * params.height;
  if id.x >= pixels { return; }
  let x = id.x % params.width;
  let y = id.x / params.width;
  let sides = params.width + params.height;
  let own = n * sides;
  let row = params.width + y;
  let means = slopes[2 * own + sides + x] + slopes[2 * own + sides + row];
  let column_max = select(0, slopes[2 * own + x], at[own + x] == y);
  let row_max = select(0, slopes[2 * own + row], at[own + row] == x);
  let z = logits[n * pixels + id.x];
  let e = exp(-abs(z));
  dLogits[n * pixels + id.x] = e / ((1 + e) * (1 + e)) * (column_max + row_max + means);
}

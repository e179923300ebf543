// profiles[n, 0, x] = max_y p[n, y, x],  profiles[n, 1, x] = (Σ_y p[n, y, x]) / height,  p = σ(logits)
// at[n, x] = the lowest y where logits[n, y, x] is largest, and the same for row y at width + y
//
// logits    [entries, height, width]  f32
// profiles  [entries, 2, sides]       f32, sides = width + height: columns, then rows
// at        [entries, sides]          u32
//
// One invocation per column or row. The maximum is sought among the logits: σ is monotone, and
// where it saturates the logits still differ.
// Source: Tian et al. 2021 (BoxInst), arXiv 2012.02310, §3.1.

override WORKGROUP: u32 = 64;

struct Params { width: u32, height: u32 }

// @texels
@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read_write> profiles: array<f32>;
@group(0) @binding(2) var<storage, read_write> at: array<u32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn project_logits(@builtin(global_invocation_id) id: vec3u) {
  let side = id.x;
  let n = id.y;
  let sides = params.width + params.height;
  if side >= sides { return; }
  let is_column = side < params.width;
  let within = select((side - params.width) * params.width, side, is_column);
  let start = n * params.width * params.height + within;
  let step = select(1u, params.width, is_column);
  let length = select(params.width, params.height, is_column);
  var top = logits[start];
  var top_at = 0u;
  var sum = 0f;
  for (var i = 0u; i < length; i++) {
    let z = logits[start + i * step];
    if z > top {
      top = z;
      top_at = i;
    }
    sum += sigmoid(z);
  }
  profiles[2 * n * sides + side] = sigmoid(top);
  profiles[(2 * n + 1) * sides + side] = sum / f32(length);
  at[n * sides + side] = top_at;
}

// 1 / (1 + e^−t) without overflow.
fn sigmoid(t: f32) -> f32 {
  let e = exp(-abs(t));
  return select(e, 1, t >= 0) / (1 + e);
}

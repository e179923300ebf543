// profiles[m, 0, x] = any pixel of column x in mask m,  profiles[m, 1, x] = their share of the height
// and the same for row y at width + y, with the share of the width
//
// masks     [masks, words]     u32, pixel p = y · width + x is bit p % 32 of word p / 32
// profiles  [masks, 2, sides]  f32, sides = width + height: columns, then rows
//
// One invocation per column or row.
// Source: Tian et al. 2021 (BoxInst), arXiv 2012.02310, §3.1.

override WORKGROUP: u32 = 64;

struct Params { width: u32, height: u32, words: u32 }

// @texels
@group(0) @binding(0) var<storage, read> masks: array<u32>;
@group(0) @binding(1) var<storage, read_write> profiles: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn project_masks(@builtin(global_invocation_id) id: vec3u) {
  let side = id.x;
  let m = id.y;
  let sides = params.width + params.height;
  if side >= sides { return; }
  let is_column = side < params.width;
  let start = select((side - params.width) * params.width, side, is_column);
  let step = select(1u, params.width, is_column);
  let length = select(params.width, params.height, is_column);
  var count = 0u;
  for (var i = 0u; i < length; i++) {
    let p = start + i * step;
    count += (masks[m * params.words + p / 32] >> (p % 32)) & 1;
  }
  profiles[2 * m * sides + side] = f32(min(count, 1));
  profiles[(2 * m + 1) * sides + side] = f32(count) / f32(length);
}

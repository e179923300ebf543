// bits[m, s, x] = rows 32 s … 32 s + 31 of column x of mask m, lowest bit first; y, x is set where
// Σ_i Σ_j down[y, i] · across[x, j] · σ(logits[m, r + i, c + j]) > threshold
//
// logits  [masks, rows, columns]    f32
// down    [height, 4]               f32, weights of three rows and the first of them, r < rows
// across  [width, 4]                f32, weights of three columns and the first of them, c < columns
// bits    [masks, strips, width]    u32, strips = ⌈height / 32⌉; zero beyond the last row
//
// Rows and columns beyond the last have weight 0. One invocation per word. Weights are a mean, so that
// a word whose rows are all inside or all outside needs no more; else the invocation goes down its
// column and keeps the three rows that the last pixel needed. Its neighbours go down beside it, so
// that they turn to new rows together.

override WORKGROUP: u32 = 64;

struct Params {
  rows: u32,
  columns: u32,
  height: u32,
  width: u32,
  strips: u32,
  threshold: f32,
}

// @texels
@group(0) @binding(0) var<storage, read> logits: array<f32>;
// @texels
@group(0) @binding(1) var<storage, read> down: array<vec4f>;
// @texels
@group(0) @binding(2) var<storage, read> across: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> bits: array<u32>;
@group(0) @binding(4) var<uniform> params: Params;

// 1 / (1 + e^−t) without overflow.
fn sigmoid(t: f32) -> f32 {
  let e = exp(-abs(t));
  return select(e, 1, t >= 0) / (1 + e);
}

// Row r of mask m at the place `taps` across.
fn value(m: u32, r: u32, taps: vec4f) -> f32 {
  let row = (m * params.rows + min(r, params.rows - 1)) * params.columns;
  let c = u32(taps.w);
  let last = params.columns - 1;
  return taps.x * sigmoid(logits[row + c]) +
    taps.y * sigmoid(logits[row + min(c + 1, last)]) +
    taps.z * sigmoid(logits[row + min(c + 2, last)]);
}

@compute @workgroup_size(WORKGROUP)
fn paste_masks(@builtin(global_invocation_id) id: vec3u, @builtin(workgroup_id) group: vec3u) {
  let x = id.x;
  let s = group.y;
  let m = group.z;
  if x >= params.width { return; }
  let place = across[x];
  let first = 32 * s;
  let count = min(32, params.height - first);
  let top = u32(down[first].w);
  let bottom = u32(down[first + count - 1].w) + 2;

  var low = 1f;
  var high = 0f;
  for (var r = top; r <= bottom; r++) {
    let v = value(m, r, place);
    low = min(low, v);
    high = max(high, v);
  }
  var word = select(0, 0xffffffffu >> (32 - count), low > params.threshold);
  if low <= params.threshold && high > params.threshold {
    var values = vec3f();
    var next = top; // the row after those of `values`
    for (var bit = 0u; bit < count; bit++) {
      let taps = down[first + bit];
      let r = u32(taps.w);
      next = max(next, r);
      while next < r + 3 {
        values = vec3f(values.yz, value(m, next, place));
        next++;
      }
      if dot(taps.xyz, values) > params.threshold { word |= 1u << bit; }
    }
  }
  bits[(m * params.strips + s) * params.width + x] = word;
}

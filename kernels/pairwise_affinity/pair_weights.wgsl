// weights[n] = factor / max(Σ_{m: groupOf[m] = groupOf[n]} counts[maskOf[m]], 1)
//
// counts   [masks]    u32
// maskOf   [entries]  u32
// groupOf  [entries]  u32
// weights  [entries]  f32
//
// One invocation per entry, which walks all entries in order.

override WORKGROUP: u32 = 64;

struct Params { entries: u32, factor: f32 }

@group(0) @binding(0) var<storage, read> counts: array<u32>;
@group(0) @binding(1) var<storage, read> maskOf: array<u32>;
@group(0) @binding(2) var<storage, read> groupOf: array<u32>;
@group(0) @binding(3) var<storage, read_write> weights: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn pair_weights(@builtin(global_invocation_id) id: vec3u) {
  let n = id.x;
  if n >= params.entries { return; }
  var sum = 0f;
  for (var m = 0u; m < params.entries; m++) {
    if groupOf[m] == groupOf[n] { sum += f32(counts[maskOf[m]]); }
  }
  weights[n] = params.factor / max(sum, 1);
}

// out[g] = Σ a · q² · softplus(−u) over the elements that workgroup g visits, where u is the logit
// towards the target: u = z, a = α if target = 1, else u = −z, a = 1 − α; q = σ(−u)
//
// logits   [count]       f32, z
// targets  [count]       u32, 0 or 1
// out      [workgroups]  f32, to be summed
//
// Strided sums per invocation, then a tree per workgroup.
// Source: Lin et al. 2017, arXiv 1708.02002, §3.2, with γ = 2; −ln σ(u) = softplus(−u).

override WORKGROUP: u32 = 64; // power of two

struct Params { count: u32, stride: u32, alpha: f32 }

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> targets: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> sums: array<f32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn focal_loss(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  var sum = 0f;
  for (var i = group.x * WORKGROUP + lane; i < params.count; i += params.stride) {
    let positive = targets[i] == 1;
    let u = select(-logits[i], logits[i], positive);
    let q = sigmoid(-u);
    sum += select(1 - params.alpha, params.alpha, positive) * q * q * softplus(-u);
  }
  sums[lane] = sum;
  for (var width = WORKGROUP / 2; width > 0; width /= 2) {
    workgroupBarrier();
    if lane < width { sums[lane] += sums[lane + width]; }
  }
  if lane == 0 { out[group.x] = sums[0]; }
}

// 1 / (1 + e^−t) without overflow.
fn sigmoid(t: f32) -> f32 {
  let e = exp(-abs(t));
  return select(e, 1, t >= 0) / (1 + e);
}

fn softplus(t: f32) -> f32 { return max(t, 0) + log1p(exp(-abs(t))); }

// ln(1 + e) for 0 ≤ e ≤ 1; the series where the sum would round e away.
fn log1p(e: f32) -> f32 {
  return select(log(1 + e), e * (1 - e * (0.5 - e * (1f / 3 - e / 4))), e < 1f / 32);
}

// neighbours[i] = Σ_j B_ij, counted exactly, and inv_sqrt_degree[i] = d^(-1/2) for the degree
// d = neighbours[i] + epsilon * (the other nodes), 1 where that is 0
//
// bits             [rows, words]  u32, B; rows = images * nodes
// neighbours       [rows]         u32
// inv_sqrt_degree  [rows]         f32
//
// One invocation per row. `others` is the number of columns with a weight: all, or all but i.

override WORKGROUP: u32 = 64;

struct Params { rows: u32, words: u32, others: u32, epsilon: f32 }

@group(0) @binding(0) var<storage, read> bits: array<u32>;
@group(0) @binding(1) var<storage, read_write> neighbours: array<u32>;
@group(0) @binding(2) var<storage, read_write> inv_sqrt_degree: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn binary_degree(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if i >= params.rows { return; }
  var count = 0u;
  for (var w = 0u; w < params.words; w++) { count += countOneBits(bits[i * params.words + w]); }
  let degree = f32(count) + params.epsilon * f32(params.others - count);
  neighbours[i] = count;
  inv_sqrt_degree[i] = select(1.0, 1 / sqrt(degree), degree > 0);
}

// dQkv[j, 1, h] = scale · Σ_i p[i, j] (g[i, j] − mean[i]) q[i, h]    dQkv[j, 2, h] = Σ_i p[i, j] dOut[i, h]
//
// where p[i, j] = exp(scale · q[i] · k[j] − log sum[i]), g[i, j] = dOut[i] · v[j], and q, k, v are the
// three parts of qkv.
//
// qkv         [images, tokens, 3, heads, size]  f32, size a multiple of 4, at most 4·QUADS
// dOut        [images, tokens, heads, size]     f32
// statistics  [images, heads, tokens, 2]        f32, log sum and mean of each query
// dQkv        as qkv                            f32, of which the last two parts are written
//
// Each lane of a subgroup has ROWS keys and values, with their results, in registers. Queries and dOut
// are loaded once by the subgroup, each lane other quads of them, and handed round by broadcast. Needs
// subgroups of exactly SUBGROUP lanes.
// Source: Dao et al. 2022, arXiv 2205.14135, appendix B.4.

override WORKGROUP: u32 = 8; // a multiple of SUBGROUP

// @variants SUBGROUP = 4, 8, 16, 32, 64
const SUBGROUP = 8u;
// @variants QUADS = 2, 8
const QUADS = 8u; // room for a key, in vectors of 4
const ROWS = 4u;
const LOADS = (QUADS + SUBGROUP - 1) / SUBGROUP; // quads of a query that one lane loads

struct Params { tokens: u32, heads: u32, size: u32, scale: f32 }

// @texels
@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
// @texels
@group(0) @binding(1) var<storage, read> dOut: array<vec4f>;
@group(0) @binding(2) var<storage, read> statistics: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> dQkv: array<vec4f>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn attention_backward_keys(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) index: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let tokens = params.tokens;
  let quads = params.size / 4;
  let part = params.heads * quads; // from a query to its key, and on to its value, in quads
  let pitch = 3 * part;
  let head = group.y;
  let first = group.z * tokens * pitch + head * quads;
  let firstOut = group.z * tokens * part + head * quads;
  let firstRow = (group.z * params.heads + head) * tokens;
  let key = group.x * WORKGROUP * ROWS + index; // the next of this lane is WORKGROUP further on

  // Registers move up while they fill from behind, as in attention_backward_queries.wgsl.
  var keyQuads: array<vec4f, QUADS * ROWS>;
  var valueQuads: array<vec4f, QUADS * ROWS>;
  for (var e = 0u; e < QUADS; e++) {
    // @unroll
    for (var s = 0u; s < (QUADS - 1) * ROWS; s++) {
      keyQuads[s] = keyQuads[s + ROWS];
      valueQuads[s] = valueQuads[s + ROWS];
    }
    let quad = first + part + min(e, quads - 1);
    // @unroll
    for (var r = 0u; r < ROWS; r++) {
      let j = min(key + r * WORKGROUP, tokens - 1) * pitch;
      let mine = params.scale * qkv[quad + j];
      keyQuads[(QUADS - 1) * ROWS + r] = select(vec4f(), mine, e < quads);
      let value = qkv[quad + j + part];
      valueQuads[(QUADS - 1) * ROWS + r] = select(vec4f(), value, e < quads);
    }
  }
  var quadAt: array<u32, LOADS>;
  // @unroll
  for (var l = 0u; l < LOADS; l++) { quadAt[l] = min(l * SUBGROUP + lane, quads - 1); }

  var keySums: array<vec4f, QUADS * ROWS>;
  var valueSums: array<vec4f, QUADS * ROWS>;
  for (var i = 0u; i < tokens; i++) {
    var queryQuads: array<vec4f, LOADS>;
    var outQuads: array<vec4f, LOADS>; // of dOut
    // @unroll
    for (var l = 0u; l < LOADS; l++) {
      queryQuads[l] = qkv[first + quadAt[l] + i * pitch];
      outQuads[l] = dOut[firstOut + quadAt[l] + i * part];
    }
    let moments = statistics[firstRow + i];
    var scores: array<f32, ROWS>;
    var products: array<f32, ROWS>;
    // @unroll
    for (var e = 0u; e < QUADS; e++) {
      let queryQuad = subgroupBroadcast(queryQuads[e / SUBGROUP], e % SUBGROUP);
      let outQuad = subgroupBroadcast(outQuads[e / SUBGROUP], e % SUBGROUP);
      // @unroll
      for (var r = 0u; r < ROWS; r++) {
        scores[r] += dot(keyQuads[e * ROWS + r], queryQuad);
        products[r] += dot(valueQuads[e * ROWS + r], outQuad);
      }
    }
    // @unroll
    for (var r = 0u; r < ROWS; r++) {
      scores[r] = exp(scores[r] - moments.x);
      products[r] = params.scale * scores[r] * (products[r] - moments.y);
    }
    // @unroll
    for (var e = 0u; e < QUADS; e++) {
      let queryQuad = subgroupBroadcast(queryQuads[e / SUBGROUP], e % SUBGROUP);
      let outQuad = subgroupBroadcast(outQuads[e / SUBGROUP], e % SUBGROUP);
      // @unroll
      for (var r = 0u; r < ROWS; r++) {
        keySums[e * ROWS + r] += products[r] * queryQuad;
        valueSums[e * ROWS + r] += scores[r] * outQuad;
      }
    }
  }

  for (var e = 0u; e < quads; e++) {
    // @unroll
    for (var r = 0u; r < ROWS; r++) {
      let j = key + r * WORKGROUP;
      if j < tokens {
        dQkv[first + part + j * pitch + e] = keySums[r];
        dQkv[first + 2 * part + j * pitch + e] = valueSums[r];
      }
    }
    // @unroll
    for (var s = 0u; s < (QUADS - 1) * ROWS; s++) {
      keySums[s] = keySums[s + ROWS];
      valueSums[s] = valueSums[s + ROWS];
    }
  }
}

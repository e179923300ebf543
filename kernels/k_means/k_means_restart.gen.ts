import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from k_means_restart.wgsl: do not edit.
/** Bindings and uniforms of `k_means_restart`. */
export type KMeansRestartArgs = {
    readonly centred: Tensor<"f32">;
    readonly moments: Tensor<"f32">;
    readonly draws: Tensor<"f32">;
    readonly starts: Tensor<"f32">;
    readonly candidates: Tensor<"u32">;
    readonly nearest: Tensor<"f32">;
    readonly scores: Tensor<"f32">;
    readonly params: { readonly nodes: number; readonly k: number; readonly columns: number; readonly restarts: number; readonly trials: number; readonly iterations: number; readonly tolerance: number; readonly given: number };
  };

/** See k_means_restart.wgsl. */
export const kMeansRestartKernel: Kernel<KMeansRestartArgs> = {
    "name": "k_means_restart",
    "bindings": [
      {
        "name": "centred",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "moments",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "draws",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "starts",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "candidates",
        "access": "read_write",
        "dtype": "u32"
      },
      {
        "name": "nearest",
        "access": "read_write",
        "dtype": "f32"
      },
      {
        "name": "scores",
        "access": "read_write",
        "dtype": "f32"
      }
    ],
    "params": [
      {
        "name": "nodes",
        "type": "u32"
      },
      {
        "name": "k",
        "type": "u32"
      },
      {
        "name": "columns",
        "type": "u32"
      },
      {
        "name": "restarts",
        "type": "u32"
      },
      {
        "name": "trials",
        "type": "u32"
      },
      {
        "name": "iterations",
        "type": "u32"
      },
      {
        "name": "tolerance",
        "type": "f32"
      },
      {
        "name": "given",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `// One restart of k-means: k-means++ with local trials, then Lloyd's iterations.
//
// centred     [images, nodes, 4 * QUADS]           f32, centred nodes (k_means_centre)
// moments     [images, 24]                         f32, means, and the mean variance at 20
// draws       [restarts, 1 + (k - 1) * trials]     f32 in [0, 1), the same for every image
// starts      [images, k, columns]                 f32, given centres; read when \`given\` is 1
// candidates  [images, restarts, nodes]            u32, cluster of each node
// nearest     [images, restarts, nodes]            f32, squared distance to the nearest centre
// scores      [images, restarts]                   f32, inertia: the sum of \`nearest\`
//
// One workgroup per (image, restart). Each invocation owns a contiguous chunk of nodes, so that the
// running sum of k-means++ is in raster order; centres are summed by (centre, segment of nodes).
// Equal distances go to the lower index. An empty cluster gets the farthest node, as long as some
// node lies off its centre; otherwise its centre stays and the cluster stays empty.
// Source: Arthur & Vassilvitskii 2007; scikit-learn, _kmeans_plusplus and _kmeans_single_lloyd.

override WORKGROUP: u32 = 64; // at least 4 trials * QUADS
// @variants QUADS = 1, 2, 3, 4, 5
const QUADS = 1u;
const MAX_CLUSTERS = 16u;
const TRIALS = 4u; // 2 + floor(ln 16)
const MOMENTS = 24u;
const VARIANCE = 20u;
const NONE = 0xffffffffu;

struct Params {
  nodes: u32,
  k: u32,
  columns: u32,
  restarts: u32,
  trials: u32,
  iterations: u32,
  tolerance: f32,
  given: u32,
}

@group(0) @binding(0) var<storage, read> centred: array<vec4f>;
@group(0) @binding(1) var<storage, read> moments: array<f32>;
@group(0) @binding(2) var<storage, read> draws: array<f32>;
@group(0) @binding(3) var<storage, read> starts: array<f32>;
@group(0) @binding(4) var<storage, read_write> candidates: array<u32>;
@group(0) @binding(5) var<storage, read_write> nearest: array<f32>;
@group(0) @binding(6) var<storage, read_write> scores: array<f32>;
@group(0) @binding(7) var<uniform> params: Params;

var<workgroup> centres: array<vec4f, MAX_CLUSTERS * QUADS>;
var<workgroup> sums: array<vec4f, MAX_CLUSTERS * QUADS>;
var<workgroup> sizes: array<u32, MAX_CLUSTERS>;
var<workgroup> trial_centres: array<vec4f, TRIALS * QUADS>;
var<workgroup> trial_nodes: array<u32, TRIALS>;
var<workgroup> partials: array<vec4f, WORKGROUP>;
var<workgroup> partial_sizes: array<u32, WORKGROUP>;
var<workgroup> before: array<f32, WORKGROUP + 1>; // running sum of \`nearest\` ahead of each chunk
var<workgroup> total: vec4f;
var<workgroup> moved: atomic<u32>; // 1 when a node changed its cluster
var<workgroup> stop: u32;

// Sums in lane order: the same bits on every run.
fn sum_over_lanes(lane: u32, value: vec4f) -> vec4f {
  partials[lane] = value;
  workgroupBarrier();
  if lane == 0 {
    var sum = vec4f();
    for (var l = 0u; l < WORKGROUP; l++) { sum += partials[l]; }
    total = sum;
  }
  return workgroupUniformLoad(&total);
}

// Squared distance of a node (its place in \`centred\`) to a centre.
fn to_centre(node: u32, c: u32) -> f32 {
  var sum = 0.0;
  // @unroll
  for (var q = 0u; q < QUADS; q++) {
    let d = centred[node * QUADS + q] - centres[c * QUADS + q];
    sum += dot(d, d);
  }
  return sum;
}

// Squared distance of a node to one of the trial centres.
fn to_trial(node: u32, t: u32) -> f32 {
  var sum = 0.0;
  // @unroll
  for (var q = 0u; q < QUADS; q++) {
    let d = centred[node * QUADS + q] - trial_centres[t * QUADS + q];
    sum += dot(d, d);
  }
  return sum;
}

// k-means++: each centre is the best of \`trials\` nodes drawn with probability ~ \`nearest\`.
fn seed_centres(lane: u32, nodes_at: u32, own_at: u32, draws_at: u32, begin: u32, end: u32) {
  let first = min(u32(draws[draws_at] * f32(params.nodes)), params.nodes - 1);
  if lane < QUADS { centres[lane] = centred[(nodes_at + first) * QUADS + lane]; }
  workgroupBarrier();
  var own = 0.0; // sum of \`nearest\` over this chunk
  for (var i = begin; i < end; i++) {
    let d = to_centre(nodes_at + i, 0);
    nearest[own_at + i] = d;
    own += d;
  }
  for (var c = 1u; c < params.k; c++) {
    before[lane + 1] = own;
    workgroupBarrier();
    if lane == 0 {
      before[0] = 0;
      for (var l = 0u; l < WORKGROUP; l++) { before[l + 1] += before[l]; }
      for (var t = 0u; t < TRIALS; t++) { trial_nodes[t] = params.nodes - 1; }
    }
    workgroupBarrier();
    for (var t = 0u; t < params.trials; t++) {
      let aim = draws[draws_at + 1 + (c - 1) * params.trials + t] * before[WORKGROUP];
      if aim <= before[lane + 1] && (aim > before[lane] || lane == 0) {
        // The first node at which the running sum reaches the aim.
        var sum = before[lane];
        var found = begin;
        for (var i = begin; i < end; i++) {
          found = i;
          sum += nearest[own_at + i];
          if sum >= aim { break; }
        }
        trial_nodes[t] = found;
      }
    }
    workgroupBarrier();
    if lane < TRIALS * QUADS {
      let t = lane / QUADS;
      // Trials that are not used repeat the first, which then wins the tie.
      let node = trial_nodes[select(0, t, t < params.trials)];
      trial_centres[lane] = centred[(nodes_at + node) * QUADS + lane % QUADS];
    }
    workgroupBarrier();
    var pots = vec4f();
    for (var i = begin; i < end; i++) {
      let node = nodes_at + i;
      let d = vec4f(to_trial(node, 0), to_trial(node, 1), to_trial(node, 2), to_trial(node, 3));
      pots += min(d, vec4f(nearest[own_at + i]));
    }
    let left = sum_over_lanes(lane, pots);
    var best = 0u;
    var least = left.x;
    if left.y < least { best = 1; least = left.y; }
    if left.z < least { best = 2; least = left.z; }
    if left.w < least { best = 3; }
    own = 0;
    for (var i = begin; i < end; i++) {
      let d = min(nearest[own_at + i], to_trial(nodes_at + i, best));
      nearest[own_at + i] = d;
      own += d;
    }
    if lane < QUADS { centres[c * QUADS + lane] = trial_centres[best * QUADS + lane]; }
  }
  workgroupBarrier();
}

// Given centres, in the coordinates of the centred nodes.
fn take_starts(lane: u32, image: u32) {
  for (var slot = lane; slot < params.k * QUADS; slot += WORKGROUP) {
    var centre = vec4f();
    for (var c = 0u; c < 4; c++) {
      let j = (slot % QUADS) * 4 + c;
      if j < params.columns {
        let start = starts[(image * params.k + slot / QUADS) * params.columns + j];
        centre[c] = start - moments[image * MOMENTS + j];
      }
    }
    centres[slot] = centre;
  }
  workgroupBarrier();
}

// Every node to its nearest centre; 1 when one of this chunk changed.
fn assign(nodes_at: u32, own_at: u32, begin: u32, end: u32) -> u32 {
  var changed = 0u;
  for (var i = begin; i < end; i++) {
    var node: array<vec4f, QUADS>;
    // @unroll
    for (var q = 0u; q < QUADS; q++) { node[q] = centred[(nodes_at + i) * QUADS + q]; }
    var best = 0u;
    var least = 0.0;
    for (var c = 0u; c < params.k; c++) {
      var distance = 0.0;
      // @unroll
      for (var q = 0u; q < QUADS; q++) {
        let d = node[q] - centres[c * QUADS + q];
        distance += dot(d, d);
      }
      if c == 0 || distance < least {
        best = c;
        least = distance;
      }
    }
    if candidates[own_at + i] != best { changed = 1; }
    candidates[own_at + i] = best;
    nearest[own_at + i] = least;
  }
  return changed;
}

// Sum and number of the nodes of each cluster: lane = (slot, segment of the nodes).
fn add_up(lane: u32, nodes_at: u32, own_at: u32) {
  let slots = params.k * QUADS;
  let width = min(slots, WORKGROUP);
  let segments = WORKGROUP / width;
  let length = (params.nodes + segments - 1) / segments;
  for (var first = 0u; first < slots; first += width) {
    let slot = first + lane % width;
    let segment = lane / width;
    var sum = vec4f();
    var size = 0u;
    if segment < segments && slot < slots {
      let end = min((segment + 1) * length, params.nodes);
      for (var i = segment * length; i < end; i++) {
        if candidates[own_at + i] == slot / QUADS {
          sum += centred[(nodes_at + i) * QUADS + slot % QUADS];
          size++;
        }
      }
    }
    partials[lane] = sum;
    partial_sizes[lane] = size;
    workgroupBarrier();
    if lane < width && slot < slots {
      for (var s = 1u; s < segments; s++) {
        sum += partials[s * width + lane];
        size += partial_sizes[s * width + lane];
      }
      sums[slot] = sum;
      if slot % QUADS == 0 { sizes[slot / QUADS] = size; }
    }
    workgroupBarrier();
  }
}

// Moves the farthest nodes into empty clusters, farthest first. One invocation: it is rare.
fn fill_empty(nodes_at: u32, own_at: u32) {
  var taken = NONE;
  var limit = 0.0;
  for (var c = 0u; c < params.k; c++) {
    if sizes[c] > 0 { continue; }
    var far = NONE;
    var most = 0.0; // a node on its centre is no better in another cluster
    for (var i = 0u; i < params.nodes; i++) {
      let d = nearest[own_at + i];
      let left = taken == NONE || d < limit || (d == limit && i > taken);
      if d > most && left {
        far = i;
        most = d;
      }
    }
    if far == NONE { return; }
    let old = candidates[own_at + far];
    for (var q = 0u; q < QUADS; q++) {
      let node = centred[(nodes_at + far) * QUADS + q];
      sums[old * QUADS + q] -= node;
      sums[c * QUADS + q] = node;
    }
    sizes[old]--;
    sizes[c] = 1;
    taken = far;
    limit = most;
  }
}

// New centres; returns their squared shift.
fn move_centres() -> f32 {
  var shift = 0.0;
  for (var slot = 0u; slot < params.k * QUADS; slot++) {
    let size = sizes[slot / QUADS];
    if size == 0 { continue; }
    let centre = sums[slot] / f32(size);
    let d = centre - centres[slot];
    shift += dot(d, d);
    centres[slot] = centre;
  }
  return shift;
}


@compute @workgroup_size(WORKGROUP)
fn k_means_restart(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) id: vec3u) {
  let restart = group.x;
  let image = group.y;
  let lane = id.x;
  let nodes_at = image * params.nodes;
  let own_at = (image * params.restarts + restart) * params.nodes;
  let chunk = (params.nodes + WORKGROUP - 1) / WORKGROUP;
  let begin = min(lane * chunk, params.nodes);
  let end = min(begin + chunk, params.nodes);

  if params.given == 1 {
    take_starts(lane, image);
  } else {
    let draws_at = restart * (1 + (params.k - 1) * params.trials);
    seed_centres(lane, nodes_at, own_at, draws_at, begin, end);
  }

  let enough = params.tolerance * moments[image * MOMENTS + VARIANCE];
  for (var iteration = 0u; iteration < params.iterations; iteration++) {
    let changed = assign(nodes_at, own_at, begin, end);
    if changed == 1 || iteration == 0 { atomicStore(&moved, 1); }
    storageBarrier();
    add_up(lane, nodes_at, own_at);
    if lane == 0 {
      fill_empty(nodes_at, own_at);
      let shift = move_centres();
      stop = u32(atomicLoad(&moved) == 0 || shift <= enough);
      atomicStore(&moved, 0);
    }
    if workgroupUniformLoad(&stop) == 1 { break; }
  }

  // The labels of the last centres.
  _ = assign(nodes_at, own_at, begin, end);
  var sum = 0.0;
  for (var i = begin; i < end; i++) { sum += nearest[own_at + i]; }
  let inertia = sum_over_lanes(lane, vec4f(sum, 0, 0, 0)).x;
  if lane == 0 { scores[image * params.restarts + restart] = inertia; }
}
`,
  };

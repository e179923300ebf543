import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from k_means_lloyd.wgsl: do not edit.
/** Bindings and uniforms of `k_means_lloyd`. */
export type KMeansLloydArgs = {
    readonly centred: Tensor<"f32">;
    readonly moments: Tensor<"f32">;
    readonly centres: Tensor<"f32">;
    readonly finished: Tensor<"u32">;
    readonly candidates: Tensor<"u32">;
    readonly nearest: Tensor<"f32">;
    readonly scores: Tensor<"f32">;
    readonly params: { readonly nodes: number; readonly k: number; readonly restarts: number; readonly iterations: number; readonly tolerance: number; readonly first: number; readonly last: number };
  };

/** See k_means_lloyd.wgsl. */
export const kMeansLloydKernel: Kernel<KMeansLloydArgs> = {
    "name": "k_means_lloyd",
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
        "name": "centres",
        "access": "read_write",
        "dtype": "f32"
      },
      {
        "name": "finished",
        "access": "read_write",
        "dtype": "u32"
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
        "name": "restarts",
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
        "name": "first",
        "type": "u32"
      },
      {
        "name": "last",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `














override WORKGROUP: u32 = 64;
// @variants QUADS = 1, 2, 3, 4, 5
const QUADS = 1u;
const MAX_CLUSTERS = 16u;
const MOMENTS = 24u;
const VARIANCE = 20u;
const NONE = 0xffffffffu;

struct Params {
 nodes: u32,
 k: u32,
 restarts: u32,
 iterations: u32,
 tolerance: f32,
 first: u32,
 last: u32,
}

@group(0) @binding(0) var<storage, read> centred: array<vec4f>;
@group(0) @binding(1) var<storage, read> moments: array<f32>;
@group(0) @binding(2) var<storage, read_write> centres: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> finished: array<u32>;
@group(0) @binding(4) var<storage, read_write> candidates: array<u32>;
@group(0) @binding(5) var<storage, read_write> nearest: array<f32>;
@group(0) @binding(6) var<storage, read_write> scores: array<f32>;
@group(0) @binding(7) var<uniform> params: Params;

var<workgroup> current: array<vec4f, MAX_CLUSTERS * QUADS>;
var<workgroup> sums: array<vec4f, MAX_CLUSTERS * QUADS>;
var<workgroup> sizes: array<u32, MAX_CLUSTERS>;
var<workgroup> partials: array<vec4f, WORKGROUP>;
var<workgroup> partial_sizes: array<u32, WORKGROUP>;
var<workgroup> total: vec4f;
var<workgroup> empty: u32;
var<workgroup> moved: atomic<u32>;
var<workgroup> stop: u32;


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


fn assign(nodes_at: u32, own_at: u32, begin: u32, end: u32) -> u32 {
 var changed = 0u;
 for (var i = begin; i < end; i++) {
 var node = array<vec4f, QUADS>();
 // @unroll
 for (var q = 0u; q < QUADS; q++) { node[q] = centred[(nodes_at + i) * QUADS + q]; }
 var best = 0u;
 var least = 0.0;
 for (var c = 0u; c < params.k; c++) {
 var distance = 0.0;
 // @unroll
 for (var q = 0u; q < QUADS; q++) {
 let d = node[q] - current[c * QUADS + q];
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


fn fill_empty(lane: u32, nodes_at: u32, own_at: u32, begin: u32, end: u32) {
 if lane == 0 {
 empty = 0;
 for (var c = 0u; c < params.k; c++) { empty += u32(sizes[c] == 0); }
 }
 let count = workgroupUniformLoad(&empty);
 var taken = NONE;
 var limit = 0.0;
 for (var e = 0u; e < count; e++) {
 var far = NONE;
 var most = 0.0;
 for (var i = begin; i < end; i++) {
 let d = nearest[own_at + i];
 let left = taken == NONE || d < limit || (d == limit && i > taken);
 if d > most && left {
 far = i;
 most = d;
 }
 }
 partials[lane].x = most;
 partial_sizes[lane] = far;
 workgroupBarrier();
 for (var l = 0u; l < WORKGROUP; l++) {
 if partials[l].x > most || (partials[l].x == most && partial_sizes[l] < far) {
 most = partials[l].x;
 far = partial_sizes[l];
 }
 }
 if lane == 0 && far != NONE { give_node(nodes_at, own_at, far); }
 taken = select(far, 0, far == NONE);
 limit = most;
 workgroupBarrier();
 }
}


fn give_node(nodes_at: u32, own_at: u32, i: u32) {
 var c = 0u;
 while sizes[c] != 0 { c++; }
 let old = candidates[own_at + i];
 for (var q = 0u; q < QUADS; q++) {
 let node = centred[(nodes_at + i) * QUADS + q];
 sums[old * QUADS + q] -= node;
 sums[c * QUADS + q] = node;
 }
 sizes[old]--;
 sizes[c] = 1;
}


fn move_centres() -> f32 {
 var shift = 0.0;
 for (var slot = 0u; slot < params.k * QUADS; slot++) {
 let size = sizes[slot / QUADS];
 if size == 0 { continue; }
 let centre = sums[slot] / f32(size);
 let d = centre - current[slot];
 shift += dot(d, d);
 current[slot] = centre;
 }
 return shift;
}


@compute @workgroup_size(WORKGROUP)
fn k_means_lloyd(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) id: vec3u) {
 let restart = group.y * params.restarts + group.x;
 let lane = id.x;
 let nodes_at = group.y * params.nodes;
 let own_at = restart * params.nodes;
 let slots = params.k * QUADS;
 let chunk = (params.nodes + WORKGROUP - 1) / WORKGROUP;
 let begin = min(lane * chunk, params.nodes);
 let end = min(begin + chunk, params.nodes);

 if lane == 0 { stop = select(finished[restart], 0, params.first == 1); }
 for (var s = lane; s < slots; s += WORKGROUP) { current[s] = centres[restart * slots + s]; }
 if workgroupUniformLoad(&stop) == 0 {
 let enough = params.tolerance * moments[group.y * MOMENTS + VARIANCE];
 for (var iteration = 0u; iteration < params.iterations; iteration++) {
 let changed = assign(nodes_at, own_at, begin, end);
 if changed == 1 || (iteration == 0 && params.first == 1) { atomicStore(&moved, 1); }
 storageBarrier();
 add_up(lane, nodes_at, own_at);
 fill_empty(lane, nodes_at, own_at, begin, end);
 if lane == 0 {
 let shift = move_centres();
 stop = u32(atomicLoad(&moved) == 0 || shift <= enough);
 atomicStore(&moved, 0);
 }
 if workgroupUniformLoad(&stop) == 1 { break; }
 }
 for (var s = lane; s < slots; s += WORKGROUP) { centres[restart * slots + s] = current[s]; }
 if lane == 0 { finished[restart] = stop; }
 }

 if params.last == 1 {
 _ = assign(nodes_at, own_at, begin, end);
 var sum = 0.0;
 for (var i = begin; i < end; i++) { sum += nearest[own_at + i]; }
 let inertia = sum_over_lanes(lane, vec4f(sum, 0, 0, 0)).x;
 if lane == 0 { scores[restart] = inertia; }
 }
}
`,
  };

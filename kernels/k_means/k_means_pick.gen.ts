import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from k_means_pick.wgsl: do not edit.
/** Bindings and uniforms of `k_means_pick`. */
export type KMeansPickArgs = {
    readonly candidates: Tensor<"u32">;
    readonly scores: Tensor<"f32">;
    readonly labels: Tensor<"u32">;
    readonly inertia: Tensor<"f32">;
    readonly clusters: Tensor<"u32">;
    readonly params: { readonly nodes: number; readonly restarts: number };
  };

/** See k_means_pick.wgsl. */
export const kMeansPickKernel: Kernel<KMeansPickArgs> = {
    "name": "k_means_pick",
    "bindings": [
      {
        "name": "candidates",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "scores",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "labels",
        "access": "read_write",
        "dtype": "u32"
      },
      {
        "name": "inertia",
        "access": "read_write",
        "dtype": "f32"
      },
      {
        "name": "clusters",
        "access": "read_write",
        "dtype": "u32"
      }
    ],
    "params": [
      {
        "name": "nodes",
        "type": "u32"
      },
      {
        "name": "restarts",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `









override WORKGROUP:u32=64;
const MAX_CLUSTERS=16u;
const NONE=0xffffffffu;

struct Params{nodes:u32,restarts:u32}

@group(0)@binding(0)var<storage,read>candidates:array<u32>;
@group(0)@binding(1)var<storage,read>scores:array<f32>;
@group(0)@binding(2)var<storage,read_write>labels:array<u32>;
@group(0)@binding(3)var<storage,read_write>inertia:array<f32>;
@group(0)@binding(4)var<storage,read_write>clusters:array<u32>;
@group(0)@binding(5)var<uniform>params:Params;

var<workgroup>firsts:array<atomic<u32>,MAX_CLUSTERS>;
var<workgroup>places:array<u32,MAX_CLUSTERS>;

@compute@workgroup_size(WORKGROUP)
fn k_means_pick(@builtin(workgroup_id)group:vec3u,@builtin(local_invocation_id)id:vec3u){
let image=group.x;
let lane=id.x;
var best=0u;
for(var r=1u;r<params.restarts;r++){
if scores[image*params.restarts+r]<scores[image*params.restarts+best]{best=r;}
}
let best_at=(image*params.restarts+best)*params.nodes;

if lane<MAX_CLUSTERS{atomicStore(&firsts[lane],NONE);}
workgroupBarrier();
for(var i=lane;i<params.nodes;i+=WORKGROUP){
atomicMin(&firsts[candidates[best_at+i]],i);
}
workgroupBarrier();
if lane<MAX_CLUSTERS{
let own=atomicLoad(&firsts[lane]);
var place=0u;
for(var c=0u;c<MAX_CLUSTERS;c++){place+=u32(atomicLoad(&firsts[c])<own);}
places[lane]=place;
}
workgroupBarrier();
for(var i=lane;i<params.nodes;i+=WORKGROUP){
labels[image*params.nodes+i]=places[candidates[best_at+i]];
}
if lane==0{
var count=0u;
for(var c=0u;c<MAX_CLUSTERS;c++){count+=u32(atomicLoad(&firsts[c])!=NONE);}
clusters[image]=count;
inertia[image]=scores[image*params.restarts+best];
}
}
`,
  };

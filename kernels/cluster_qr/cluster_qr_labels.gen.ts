import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from cluster_qr_labels.wgsl: do not edit.
/** Bindings and uniforms of `cluster_qr_labels`. */
export type ClusterQrLabelsArgs = {
    readonly points: Tensor<"f32">;
    readonly rotation: Tensor<"f32">;
    readonly labels: Tensor<"u32">;
    readonly params: { readonly nodes: number };
  };

/** See cluster_qr_labels.wgsl. */
export const clusterQrLabelsKernel: Kernel<ClusterQrLabelsArgs> = {
    "name": "cluster_qr_labels",
    "bindings": [
      {
        "name": "points",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "rotation",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "labels",
        "access": "read_write",
        "dtype": "u32"
      }
    ],
    "params": [
      {
        "name": "nodes",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `







override WORKGROUP:u32=64;
// @variants QUADS = 1, 2, 3, 4
const QUADS=4u;
const BLOCK=4u*QUADS;

struct Params{nodes:u32}

@group(0)@binding(0)var<storage,read>points:array<vec4f>;
@group(0)@binding(1)var<storage,read>rotation:array<vec4f>;
@group(0)@binding(2)var<storage,read_write>labels:array<u32>;
@group(0)@binding(3)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn cluster_qr_labels(
@builtin(global_invocation_id)id:vec3u,
@builtin(workgroup_id)group:vec3u,
){
let i=id.x;
if i>=params.nodes{return;}
let image=group.y;
let row=(image*params.nodes+i)*QUADS;
var best=0u;
var most=0.0;
for(var c=0u;c<BLOCK;c++){
var sum=0.0;
// @unroll
for(var q=0u;q<QUADS;q++){
sum+=dot(points[row+q],rotation[(image*BLOCK+c)*QUADS+q]);
}
if abs(sum)>most{
best=c;
most=abs(sum);
}
}
labels[image*params.nodes+i]=best;
}
`,
  };

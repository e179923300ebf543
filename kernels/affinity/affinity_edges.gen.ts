import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from affinity_edges.wgsl: do not edit.
/** Bindings and uniforms of `affinity_edges`. */
export type AffinityEdgesArgs = {
    readonly range: Tensor<"f32">;
    readonly affinity: Tensor<"f32">;
    readonly params: { readonly nodes: number; readonly kind: number; readonly threshold: number; readonly epsilon: number; readonly drop_diagonal: number };
  };

/** See affinity_edges.wgsl. */
export const affinityEdgesKernel: Kernel<AffinityEdgesArgs> = {
    "name": "affinity_edges",
    "bindings": [
      {
        "name": "range",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "affinity",
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
        "name": "kind",
        "type": "u32"
      },
      {
        "name": "threshold",
        "type": "f32"
      },
      {
        "name": "epsilon",
        "type": "f32"
      },
      {
        "name": "drop_diagonal",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `







override WORKGROUP:u32=64;
const ALL_ALIKE=1e-6;

struct Params{nodes:u32,kind:u32,threshold:f32,epsilon:f32,drop_diagonal:u32}

@group(0)@binding(0)var<storage,read>range:array<vec2f>;
@group(0)@binding(1)var<storage,read_write>affinity:array<f32>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn affinity_edges(
@builtin(global_invocation_id)id:vec3u,
@builtin(workgroup_id)group:vec3u,
){
let nodes=params.nodes;
let i=group.y;
let j=id.x;
if j<i||j>=nodes{return;}
let first=group.z*nodes*nodes;
let edge=weight(affinity[first+i*nodes+j],group.z);
let value=select(edge,0.0,i==j&&params.drop_diagonal!=0);
affinity[first+i*nodes+j]=value;
affinity[first+j*nodes+i]=value;
}

fn weight(cosine:f32,image:u32)->f32{
if params.kind==0{return max(cosine,0.0);}
if params.kind==2{return select(params.epsilon,1.0,cosine>params.threshold);}
if params.kind==3{return cosine;}
let low=range[image].x;
let width=range[image].y-low;
if width<ALL_ALIKE{return 1;}
return clamp((cosine-low)/width,0.0,1.0);
}
`,
  };

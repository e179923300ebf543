import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from expand_edges.wgsl: do not edit.
/** Bindings and uniforms of `expand_edges`. */
export type ExpandEdgesArgs = {
    readonly bits: Tensor<"u32">;
    readonly scale: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly nodes: number; readonly words: number; readonly epsilon: number; readonly drop_diagonal: number };
  };

/** See expand_edges.wgsl. */
export const expandEdgesKernel: Kernel<ExpandEdgesArgs> = {
    "name": "expand_edges",
    "bindings": [
      {
        "name": "bits",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "scale",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "out",
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
        "name": "words",
        "type": "u32"
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

struct Params{nodes:u32,words:u32,epsilon:f32,drop_diagonal:u32}

@group(0)@binding(0)var<storage,read>bits:array<u32>;
@group(0)@binding(1)var<storage,read>scale:array<f32>;
@group(0)@binding(2)var<storage,read_write>out:array<f32>;
@group(0)@binding(3)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn expand_edges(@builtin(global_invocation_id)id:vec3u,@builtin(workgroup_id)group:vec3u){
let i=group.y;
let j=id.x;
if j>=params.nodes{return;}
let image=group.z*params.nodes;
let word=bits[(image+i)*params.words+j/32];
var weight=select(params.epsilon,1.0,((word>>(j%32))&1)!=0);
if i==j&&params.drop_diagonal!=0{weight=0;}
out[(image+i)*params.nodes+j]=weight*(scale[image+i]*scale[image+j]);
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from pack_edges.wgsl: do not edit.
/** Bindings and uniforms of `pack_edges`. */
export type PackEdgesArgs = {
    readonly cosines: Tensor<"f32">;
    readonly bits: Tensor<"u32">;
    readonly params: { readonly nodes: number; readonly words: number; readonly first: number; readonly rows: number; readonly threshold: number };
  };

/** See pack_edges.wgsl. */
export const packEdgesKernel: Kernel<PackEdgesArgs> = {
    "name": "pack_edges",
    "bindings": [
      {
        "name": "cosines",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "bits",
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
        "name": "words",
        "type": "u32"
      },
      {
        "name": "first",
        "type": "u32"
      },
      {
        "name": "rows",
        "type": "u32"
      },
      {
        "name": "threshold",
        "type": "f32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `







override WORKGROUP:u32=64;

struct Params{nodes:u32,words:u32,first:u32,rows:u32,threshold:f32}

@group(0)@binding(0)var<storage,read>cosines:array<f32>;
@group(0)@binding(1)var<storage,read_write>bits:array<u32>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn pack_edges(@builtin(global_invocation_id)id:vec3u,@builtin(workgroup_id)group:vec3u){
let i=params.first+group.y;
let w=params.first/32+id.x;
if w>=params.words||w<i/32{return;}
let columns=params.nodes-params.first;
let row=(group.z*params.rows+group.y)*columns;
var word=0u;
for(var j=max(32*w,i);j<min(32*w+32,params.nodes);j++){
word|=u32(cosines[row+j-params.first]>params.threshold)<<(j%32);
}
bits[(group.z*params.nodes+i)*params.words+w]=word;
}
`,
  };

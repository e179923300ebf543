import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from link_edges.wgsl: do not edit.
/** Bindings and uniforms of `link_edges`. */
export type LinkEdgesArgs = {
    readonly links: Tensor<"u32">;
    readonly affinity: Tensor<"f32">;
    readonly params: { readonly nodes: number; readonly words: number; readonly weight: number; readonly drop_diagonal: number };
  };

/** See link_edges.wgsl. */
export const linkEdgesKernel: Kernel<LinkEdgesArgs> = {
    "name": "link_edges",
    "bindings": [
      {
        "name": "links",
        "access": "read",
        "dtype": "u32"
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
        "name": "words",
        "type": "u32"
      },
      {
        "name": "weight",
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

struct Params{nodes:u32,words:u32,weight:f32,drop_diagonal:u32}

@group(0)@binding(0)var<storage,read>links:array<u32>;
@group(0)@binding(1)var<storage,read_write>affinity:array<f32>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn link_edges(
@builtin(global_invocation_id)id:vec3u,
@builtin(workgroup_id)group:vec3u,
){
let i=group.y;
let j=id.x;
if j>=params.nodes||(i==j&&params.drop_diagonal!=0){return;}
let first=group.z*params.nodes;
let count=link(first+i,j)+link(first+j,i);
if count>0{affinity[(first+i)*params.nodes+j]+=params.weight*f32(count);}
}

fn link(row:u32,column:u32)->u32{
return(links[row*params.words+column/32]>>(column%32))&1;
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from mirror_edges.wgsl: do not edit.
/** Bindings and uniforms of `mirror_edges`. */
export type MirrorEdgesArgs = {
    readonly bits: Tensor<"u32">;
    readonly out: Tensor<"u32">;
    readonly params: { readonly nodes: number; readonly words: number; readonly drop_diagonal: number };
  };

/** See mirror_edges.wgsl. */
export const mirrorEdgesKernel: Kernel<MirrorEdgesArgs> = {
    "name": "mirror_edges",
    "bindings": [
      {
        "name": "bits",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "out",
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

struct Params{nodes:u32,words:u32,drop_diagonal:u32}

@group(0)@binding(0)var<storage,read>bits:array<u32>;
@group(0)@binding(1)var<storage,read_write>out:array<u32>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn mirror_edges(@builtin(global_invocation_id)id:vec3u,@builtin(workgroup_id)group:vec3u){
let w=id.x;
if w>=params.words{return;}
let i=group.y;
let image=group.z*params.nodes;
var word=0u;
if w>=i/32{word=bits[(image+i)*params.words+w];}
for(var j=32*w;j<min(32*w+32,i);j++){
let edge=(bits[(image+j)*params.words+i/32]>>(i%32))&1;
word|=edge<<(j%32);
}
if w==i/32&&params.drop_diagonal!=0{word&=~(1u<<(i%32));}
out[(image+i)*params.words+w]=word;
}
`,
  };

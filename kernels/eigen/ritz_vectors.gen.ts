import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from ritz_vectors.wgsl: do not edit.
/** Bindings and uniforms of `ritz_vectors`. */
export type RitzVectorsArgs = {
    readonly x: Tensor<"f32">;
    readonly rotation: Tensor<"f32">;
    readonly vectors: Tensor<"f32">;
    readonly params: { readonly nodes: number; readonly block: number; readonly count: number };
  };

/** See ritz_vectors.wgsl. */
export const ritzVectorsKernel: Kernel<RitzVectorsArgs> = {
    "name": "ritz_vectors",
    "bindings": [
      {
        "name": "x",
        "access": "read",
        "dtype": "f32",
        "texels": "r32float"
      },
      {
        "name": "rotation",
        "access": "read",
        "dtype": "f32",
        "texels": "r32float"
      },
      {
        "name": "vectors",
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
        "name": "block",
        "type": "u32"
      },
      {
        "name": "count",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `







override WORKGROUP:u32=64;

struct Params{nodes:u32,block:u32,count:u32}


@group(0)@binding(0)var<storage,read>x:array<f32>;

@group(0)@binding(1)var<storage,read>rotation:array<f32>;
@group(0)@binding(2)var<storage,read_write>vectors:array<f32>;
@group(0)@binding(3)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn ritz_vectors(
@builtin(global_invocation_id)id:vec3u,
@builtin(workgroup_id)group:vec3u,
){
if id.x>=params.nodes*params.count{return;}
let image=group.y;
let i=id.x/params.count;
let j=id.x%params.count;
let row=(image*params.nodes+i)*params.block;
let column=image*params.block*params.block+j;
var sum=0.0;
for(var k=0u;k<params.block;k++){
sum+=x[row+k]*rotation[column+k*params.block];
}
vectors[image*params.nodes*params.count+id.x]=sum;
}
`,
  };

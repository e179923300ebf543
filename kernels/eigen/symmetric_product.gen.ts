import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from symmetric_product.wgsl: do not edit.
/** Bindings and uniforms of `symmetric_product`. */
export type SymmetricProductArgs = {
    readonly a: Tensor<"f32">;
    readonly x: Tensor<"f32">;
    readonly shifts: Tensor<"f32">;
    readonly settled: Tensor<"u32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly nodes: number; readonly columns: number; readonly first: number; readonly x_stride: number };
  };

/** See symmetric_product.wgsl. */
export const symmetricProductKernel: Kernel<SymmetricProductArgs> = {
    "name": "symmetric_product",
    "bindings": [
      {
        "name": "a",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "x",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "shifts",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "settled",
        "access": "read",
        "dtype": "u32"
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
        "name": "columns",
        "type": "u32"
      },
      {
        "name": "first",
        "type": "u32"
      },
      {
        "name": "x_stride",
        "type": "u32"
      }
    ],
    "overrides": {
      "LANES": 32,
      "SLICES": 8
    },
    "requires": [],
    "source": `












override LANES:u32=32;
override SLICES:u32=8;
// @variants QUADS = 1, 2, 4, 8
const QUADS=4u;
const CHUNK=128u;

struct Params{nodes:u32,columns:u32,first:u32,x_stride:u32}

@group(0)@binding(0)var<storage,read>a:array<f32>;
@group(0)@binding(1)var<storage,read>x:array<vec4f>;
@group(0)@binding(2)var<storage,read>shifts:array<f32>;
@group(0)@binding(3)var<storage,read>settled:array<u32>;
@group(0)@binding(4)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(5)var<uniform>params:Params;

var<workgroup>slices:array<vec4f,LANES*SLICES>;

@compute@workgroup_size(LANES,SLICES)
fn symmetric_product(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_id)lane:vec3u,
){
let image=group.y;
if settled[image]!=0{return;}
let nodes=params.nodes;
let own=group.x*LANES+lane.x;
let column=image*nodes*params.columns+min(own,params.columns-1);
let row=image*params.x_stride;
let length=(nodes+SLICES-1)/SLICES;
let end=min(nodes,(lane.y+1)*length);

var totals:array<vec4f,QUADS>;
for(var chunk=lane.y*length;chunk<end;chunk+=CHUNK){
var sums=array<vec4f,QUADS>();
for(var k=chunk;k<min(chunk+CHUNK,end);k++){
let edge=a[column+k*params.columns];
// @unroll
for(var q=0u;q<QUADS;q++){sums[q]+=edge*x[row+k*QUADS+q];}
}
// @unroll
for(var q=0u;q<QUADS;q++){totals[q]+=sums[q];}
}
// @unroll
for(var q=0u;q<QUADS;q++){
if SLICES>1{
slices[lane.y*LANES+lane.x]=totals[q];
workgroupBarrier();
if lane.y==0{
for(var s=1u;s<SLICES;s++){totals[q]+=slices[s*LANES+lane.x];}
}
workgroupBarrier();
}
if lane.y==0&&own<params.columns{
let i=params.first+own;
out[(image*nodes+i)*QUADS+q]=totals[q]+shifts[image]*x[row+i*QUADS+q];
}
}
}
`,
  };

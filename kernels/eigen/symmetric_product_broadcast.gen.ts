import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from symmetric_product_broadcast.wgsl: do not edit.
/** Bindings and uniforms of `symmetric_product_broadcast`. */
export type SymmetricProductBroadcastArgs = {
    readonly a: Tensor<"f32">;
    readonly x: Tensor<"f32">;
    readonly shifts: Tensor<"f32">;
    readonly settled: Tensor<"u32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly nodes: number; readonly columns: number; readonly first: number; readonly x_stride: number };
  };

/** See symmetric_product_broadcast.wgsl. */
export const symmetricProductBroadcastKernel: Kernel<SymmetricProductBroadcastArgs> = {
    "name": "symmetric_product_broadcast",
    "bindings": [
      {
        "name": "a",
        "access": "read",
        "dtype": "f32",
        "texels": "r32float"
      },
      {
        "name": "x",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
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
      "SLICES": 1
    },
    "requires": [
      "subgroups"
    ],
    "source": `













override SLICES:u32=1;
// @variants SUBGROUP = 4, 8, 16, 32, 64
const SUBGROUP=8u;
// @variants QUADS = 1, 2, 4, 8
const QUADS=4u;
// @variants ROWS = 1, 2, 4
const ROWS=1u;
const CHUNK=16u;

struct Params{nodes:u32,columns:u32,first:u32,x_stride:u32}


@group(0)@binding(0)var<storage,read>a:array<f32>;

@group(0)@binding(1)var<storage,read>x:array<vec4f>;
@group(0)@binding(2)var<storage,read>shifts:array<f32>;
@group(0)@binding(3)var<storage,read>settled:array<u32>;
@group(0)@binding(4)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(5)var<uniform>params:Params;

var<workgroup>slices:array<vec4f,SUBGROUP*SLICES>;

@compute@workgroup_size(SUBGROUP*SLICES)
fn symmetric_product_broadcast(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)index:u32,
@builtin(subgroup_invocation_id)turn:u32,
){
let image=group.y;
if settled[image]!=0{return;}
let nodes=params.nodes;
let lane=index%SUBGROUP;
let slice=index/SUBGROUP;
let matrix=image*nodes*params.columns;
let start=image*params.x_stride;
let blocks=(nodes+SUBGROUP*SLICES-1)/(SUBGROUP*SLICES);

var columns:array<u32,ROWS>;
// @unroll
for(var r=0u;r<ROWS;r++){
columns[r]=matrix+min((group.x*ROWS+r)*SUBGROUP+lane,params.columns-1);
}
var totals:array<vec4f,ROWS*QUADS>;
var mine:array<vec4f,QUADS>;
var edges:array<f32,ROWS>;
for(var chunk=0u;chunk<blocks;chunk+=CHUNK){
var sums=array<vec4f,ROWS*QUADS>();
for(var block=chunk;block<min(chunk+CHUNK,blocks);block++){
let k=(slice*blocks+block)*SUBGROUP;
let row=start+min(k+turn,nodes-1)*QUADS;
let inside=select(0.0,1.0,k+turn<nodes);
// @unroll
for(var q=0u;q<QUADS;q++){mine[q]=inside*x[row+q];}
// @unroll
for(var s=0u;s<SUBGROUP;s++){
let at=min(k+s,nodes-1)*params.columns;
// @unroll
for(var r=0u;r<ROWS;r++){edges[r]=a[columns[r]+at];}
// @unroll
for(var q=0u;q<QUADS;q++){
let others=subgroupBroadcast(mine[q],s);
// @unroll
for(var r=0u;r<ROWS;r++){sums[r*QUADS+q]+=edges[r]*others;}
}
}
}
// @unroll
for(var t=0u;t<ROWS*QUADS;t++){totals[t]+=sums[t];}
}
// @unroll
for(var r=0u;r<ROWS;r++){
let own=(group.x*ROWS+r)*SUBGROUP+lane;
let i=params.first+own;
// @unroll
for(var q=0u;q<QUADS;q++){
if SLICES>1{
slices[index]=totals[r*QUADS+q];
workgroupBarrier();
if slice==0{
for(var s=1u;s<SLICES;s++){
totals[r*QUADS+q]+=slices[s*SUBGROUP+lane];
}
}
workgroupBarrier();
}
if slice==0&&own<params.columns{
out[(image*nodes+i)*QUADS+q]=totals[r*QUADS+q]+
shifts[image]*x[start+i*QUADS+q];
}
}
}
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from binary_product_broadcast.wgsl: do not edit.
/** Bindings and uniforms of `binary_product_broadcast`. */
export type BinaryProductBroadcastArgs = {
    readonly bits: Tensor<"u32">;
    readonly z: Tensor<"f32">;
    readonly total: Tensor<"f32">;
    readonly x: Tensor<"f32">;
    readonly scale: Tensor<"f32">;
    readonly shifts: Tensor<"f32">;
    readonly settled: Tensor<"u32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly nodes: number; readonly words: number; readonly epsilon: number; readonly drop_diagonal: number };
  };

/** See binary_product_broadcast.wgsl. */
export const binaryProductBroadcastKernel: Kernel<BinaryProductBroadcastArgs> = {
    "name": "binary_product_broadcast",
    "bindings": [
      {
        "name": "bits",
        "access": "read",
        "dtype": "u32",
        "texels": "r32uint"
      },
      {
        "name": "z",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "total",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "x",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "scale",
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

struct Params{nodes:u32,words:u32,epsilon:f32,drop_diagonal:u32}


@group(0)@binding(0)var<storage,read>bits:array<u32>;

@group(0)@binding(1)var<storage,read>z:array<vec4f>;
@group(0)@binding(2)var<storage,read>total:array<vec4f>;
@group(0)@binding(3)var<storage,read>x:array<vec4f>;
@group(0)@binding(4)var<storage,read>scale:array<f32>;
@group(0)@binding(5)var<storage,read>shifts:array<f32>;
@group(0)@binding(6)var<storage,read>settled:array<u32>;
@group(0)@binding(7)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(8)var<uniform>params:Params;

var<workgroup>slices:array<vec4f,SUBGROUP*SLICES>;

@compute@workgroup_size(SUBGROUP*SLICES)
fn binary_product_broadcast(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)index:u32,
@builtin(subgroup_invocation_id)turn:u32,
){
let image=group.y;
if settled[image]!=0{return;}
let nodes=params.nodes;
let lane=index%SUBGROUP;
let slice=index/SUBGROUP;
let first=image*nodes*QUADS;
let blocks=(nodes+SUBGROUP*SLICES-1)/(SUBGROUP*SLICES);

var starts:array<u32,ROWS>;
// @unroll
for(var r=0u;r<ROWS;r++){
starts[r]=(image*nodes+min((group.x*ROWS+r)*SUBGROUP+lane,nodes-1))*
params.words;
}
var totals:array<vec4f,ROWS*QUADS>;
var mine:array<vec4f,QUADS>;
var words:array<u32,ROWS>;
var edges:array<f32,ROWS>;
for(var chunk=0u;chunk<blocks;chunk+=CHUNK){
var sums=array<vec4f,ROWS*QUADS>();
for(var block=chunk;block<min(chunk+CHUNK,blocks);block++){
let k=(slice*blocks+block)*SUBGROUP;
let row=first+min(k+turn,nodes-1)*QUADS;
let inside=select(0.0,1.0,k+turn<nodes);
// @unroll
for(var q=0u;q<QUADS;q++){mine[q]=inside*z[row+q];}
// @unroll
for(var s=0u;s<SUBGROUP;s++){
if s%32==0{
let at=min((k+s)/32,params.words-1);
// @unroll
for(var r=0u;r<ROWS;r++){words[r]=bits[starts[r]+at]>>(k%32);}
}
// @unroll
for(var r=0u;r<ROWS;r++){edges[r]=f32((words[r]>>(s%32))&1);}
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
let i=(group.x*ROWS+r)*SUBGROUP+lane;
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
if slice==0&&i<nodes{
let at=first+i*QUADS+q;
var rest=total[image*QUADS+q];
if params.drop_diagonal!=0{rest-=z[at];}
let sum=params.epsilon*rest+(1-params.epsilon)*totals[r*QUADS+q];
out[at]=scale[image*nodes+i]*sum+shifts[image]*x[at];
}
}
}
}
`,
  };

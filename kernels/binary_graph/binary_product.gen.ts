import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from binary_product.wgsl: do not edit.
/** Bindings and uniforms of `binary_product`. */
export type BinaryProductArgs = {
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

/** See binary_product.wgsl. */
export const binaryProductKernel: Kernel<BinaryProductArgs> = {
    "name": "binary_product",
    "bindings": [
      {
        "name": "bits",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "z",
        "access": "read",
        "dtype": "f32"
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
      "LANES": 32,
      "SLICES": 8
    },
    "requires": [],
    "source": `














override LANES:u32=32;
override SLICES:u32=8;
// @variants QUADS = 1, 2, 4, 8
const QUADS=4u;
const CHUNK=4u;

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

var<workgroup>slices:array<vec4f,LANES*SLICES>;

@compute@workgroup_size(LANES,SLICES)
fn binary_product(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_id)lane:vec3u,
){
let image=group.y;
if settled[image]!=0{return;}
let nodes=params.nodes;
let i=group.x*LANES+lane.x;
let row=(image*nodes+min(i,nodes-1))*params.words;
let first=image*nodes*QUADS;
let length=(params.words+SLICES-1)/SLICES;
let end=min(params.words,(lane.y+1)*length);

var totals:array<vec4f,QUADS>;
for(var chunk=lane.y*length;chunk<end;chunk+=CHUNK){
var sums=array<vec4f,QUADS>();
for(var w=chunk;w<min(chunk+CHUNK,end);w++){
let word=bits[row+w];
for(var k=32*w;k<min(32*w+32,nodes);k++){
let edge=f32((word>>(k%32))&1);
// @unroll
for(var q=0u;q<QUADS;q++){sums[q]+=edge*z[first+k*QUADS+q];}
}
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
if lane.y==0&&i<nodes{
let at=first+i*QUADS+q;
var rest=total[image*QUADS+q];
if params.drop_diagonal!=0{rest-=z[at];}
let sum=params.epsilon*rest+(1-params.epsilon)*totals[q];
out[at]=scale[image*nodes+i]*sum+shifts[image]*x[at];
}
}
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from symmetric_product_quads.wgsl: do not edit.
/** Bindings and uniforms of `symmetric_product_quads`. */
export type SymmetricProductQuadsArgs = {
    readonly a: Tensor<"f32">;
    readonly x: Tensor<"f32">;
    readonly shifts: Tensor<"f32">;
    readonly settled: Tensor<"u32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly nodes: number; readonly columns: number; readonly first: number; readonly quads: number; readonly x_stride: number };
  };

/** See symmetric_product_quads.wgsl. */
export const symmetricProductQuadsKernel: Kernel<SymmetricProductQuadsArgs> = {
    "name": "symmetric_product_quads",
    "bindings": [
      {
        "name": "a",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
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
        "name": "quads",
        "type": "u32"
      },
      {
        "name": "x_stride",
        "type": "u32"
      }
    ],
    "overrides": {},
    "requires": [
      "subgroups"
    ],
    "source": `













// @variants SUBGROUP = 4, 8, 16, 32, 64
const SUBGROUP=8u;
// @variants QUADS = 1, 2, 4
const QUADS=4u;
const CHUNK=16u;

struct Params{nodes:u32,columns:u32,first:u32,quads:u32,x_stride:u32}


@group(0)@binding(0)var<storage,read>a:array<vec4f>;

@group(0)@binding(1)var<storage,read>x:array<vec4f>;
@group(0)@binding(2)var<storage,read>shifts:array<f32>;
@group(0)@binding(3)var<storage,read>settled:array<u32>;
@group(0)@binding(4)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(5)var<uniform>params:Params;

@compute@workgroup_size(SUBGROUP)
fn symmetric_product_quads(
@builtin(workgroup_id)group:vec3u,
@builtin(subgroup_invocation_id)lane:u32,
){
let image=group.z;
if settled[image]!=0{return;}
let nodes=params.nodes;
let pitch=params.columns/4;
let own=group.x*SUBGROUP+lane;
let column=image*nodes*pitch+min(own,pitch-1);
let part=group.y*QUADS;
let start=image*params.x_stride+part;
let blocks=(nodes+SUBGROUP-1)/SUBGROUP;

var totals:array<vec4f,4*QUADS>;
var mine:array<vec4f,QUADS>;
for(var chunk=0u;chunk<blocks;chunk+=CHUNK){
var sums=array<vec4f,4*QUADS>();
for(var block=chunk;block<min(chunk+CHUNK,blocks);block++){
let k=block*SUBGROUP;
let row=start+min(k+lane,nodes-1)*params.quads;
let inside=select(0.0,1.0,k+lane<nodes);
// @unroll
for(var q=0u;q<QUADS;q++){mine[q]=inside*x[row+q];}
// @unroll
for(var s=0u;s<SUBGROUP;s++){
let edges=a[column+min(k+s,nodes-1)*pitch];
// @unroll
for(var q=0u;q<QUADS;q++){
let others=subgroupBroadcast(mine[q],s);
// @unroll
for(var r=0u;r<4u;r++){sums[r*QUADS+q]+=edges[r]*others;}
}
}
}
// @unroll
for(var t=0u;t<4*QUADS;t++){totals[t]+=sums[t];}
}
if own>=pitch{return;}
// @unroll
for(var r=0u;r<4u;r++){
let i=params.first+4*own+r;
// @unroll
for(var q=0u;q<QUADS;q++){
out[(image*nodes+i)*params.quads+part+q]=totals[r*QUADS+q]+
shifts[image]*x[start+i*params.quads+q];
}
}
}
`,
  };

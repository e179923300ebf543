import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from conv2d_stack.wgsl: do not edit.
/** Bindings and uniforms of `conv2d_stack`. */
export type Conv2dStackArgs = {
    readonly input: Tensor<"f32">;
    readonly weight: Tensor<"f32">;
    readonly bias: Tensor<"f32">;
    readonly residual: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly images: number; readonly height: number; readonly width: number; readonly channels: number; readonly outHeight: number; readonly outWidth: number; readonly columns: number; readonly kernelWidth: number; readonly padding: number };
  };

/** See conv2d_stack.wgsl. */
export const conv2dStackKernel: Kernel<Conv2dStackArgs> = {
    "name": "conv2d_stack",
    "bindings": [
      {
        "name": "input",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "weight",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "bias",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "residual",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "out",
        "access": "read_write",
        "dtype": "f32"
      }
    ],
    "params": [
      {
        "name": "images",
        "type": "u32"
      },
      {
        "name": "height",
        "type": "u32"
      },
      {
        "name": "width",
        "type": "u32"
      },
      {
        "name": "channels",
        "type": "u32"
      },
      {
        "name": "outHeight",
        "type": "u32"
      },
      {
        "name": "outWidth",
        "type": "u32"
      },
      {
        "name": "columns",
        "type": "u32"
      },
      {
        "name": "kernelWidth",
        "type": "u32"
      },
      {
        "name": "padding",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 8,
      "RESIDUAL": 0,
      "RELU": 0
    },
    "requires": [
      "subgroups"
    ],
    "source": `
















override WORKGROUP:u32=8;
override RESIDUAL:u32=0;
override RELU:u32=0;

// @variants SUBGROUP = 4, 8, 16, 32, 64
const SUBGROUP=8u;
// @variants ROWS = 4, 8
const ROWS=8u;
// @variants COLUMNS = 1, 4
const COLUMNS=4u;
// @variants DOWN = 1, 3
const DOWN=3u;
const INPUTS=ROWS+DOWN-1;
const WEIGHTS=DOWN*4*COLUMNS;
const LOADS=(WEIGHTS+SUBGROUP-1)/SUBGROUP;

struct Params{
images:u32,height:u32,width:u32,channels:u32,outHeight:u32,outWidth:u32,columns:u32,
kernelWidth:u32,padding:u32,
}


@group(0)@binding(0)var<storage,read>input:array<vec4f>;

@group(0)@binding(1)var<storage,read>weight:array<vec4f>;

@group(0)@binding(2)var<storage,read>bias:array<vec4f>;

@group(0)@binding(3)var<storage,read>residual:array<vec4f>;
@group(0)@binding(4)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(5)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn conv2d_stack(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)index:u32,
@builtin(subgroup_invocation_id)lane:u32,
){
let lines=params.images*params.outWidth;
let line=min(group.x*WORKGROUP+index,lines-1);
let image=line/params.outWidth;
let x=line%params.outWidth;
let y=group.y*ROWS;
let quads=params.columns/4;
let column=group.z*COLUMNS;

let tapRow=params.kernelWidth*params.channels*quads;
var weightAt:array<u32,LOADS>;
// @unroll
for(var l=0u;l<LOADS;l++){
let taken=min(l*SUBGROUP+lane,WEIGHTS-1);
let own=min(column+taken%COLUMNS,quads-1);
weightAt[l]=taken/(4*COLUMNS)*tapRow+taken/COLUMNS%4*quads+own;
}

let inner=params.channels/4;
let top=y-params.padding;
var sums:array<vec4f,ROWS*COLUMNS>;
for(var v=0u;v<params.kernelWidth;v++){
let across=x+v-params.padding;
var start:array<u32,INPUTS>;
var inside:array<bool,INPUTS>;
// @unroll
for(var i=0u;i<INPUTS;i++){
inside[i]=top+i<params.height&&across<params.width;
let pixel=(image*params.height+top+i)*params.width+across;
start[i]=select(0u,pixel*inner,inside[i]);
}
for(var k=0u;k<inner;k++){
var mine:array<vec4f,LOADS>;
// @unroll
for(var l=0u;l<LOADS;l++){
mine[l]=weight[weightAt[l]+(v*params.channels+4*k)*quads];
}
var seen:array<vec4f,INPUTS>;
// @unroll
for(var i=0u;i<INPUTS;i++){
seen[i]=select(vec4f(),input[start[i]+k],inside[i]);
}
// @unroll
for(var w=0u;w<WEIGHTS;w++){
let taken=subgroupBroadcast(mine[w/SUBGROUP],w%SUBGROUP);
// @unroll
for(var r=0u;r<ROWS;r++){
sums[r*COLUMNS+w%COLUMNS]+=
seen[r+w/(4*COLUMNS)][w/COLUMNS%4]*taken;
}
}
}
}



let stored=group.x*WORKGROUP+index<lines;
for(var r=0u;r<ROWS;r++){
if stored&&y+r<params.outHeight{
let pixel=(image*params.outHeight+y+r)*params.outWidth+x;
// @unroll
for(var c=0u;c<COLUMNS;c++){
if column+c<quads{
let at=pixel*quads+column+c;
var value=sums[c]+bias[column+c];
if RESIDUAL==1{value+=residual[at];}
if RELU==1{value=max(value,vec4f());}
out[at]=value;
}
}
}
// @unroll
for(var s=0u;s<(ROWS-1)*COLUMNS;s++){sums[s]=sums[s+COLUMNS];}
}
}
`,
  };

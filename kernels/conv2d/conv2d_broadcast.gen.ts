import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from conv2d_broadcast.wgsl: do not edit.
/** Bindings and uniforms of `conv2d_broadcast`. */
export type Conv2dBroadcastArgs = {
    readonly input: Tensor<"f32">;
    readonly weight: Tensor<"f32">;
    readonly bias: Tensor<"f32">;
    readonly residual: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly channels: number; readonly height: number; readonly width: number; readonly outPixels: number; readonly outWidth: number; readonly taps: number; readonly kernelWidth: number; readonly stride: number; readonly padding: number; readonly dilation: number; readonly tilesY: number };
  };

/** See conv2d_broadcast.wgsl. */
export const conv2dBroadcastKernel: Kernel<Conv2dBroadcastArgs> = {
    "name": "conv2d_broadcast",
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
        "name": "rows",
        "type": "u32"
      },
      {
        "name": "columns",
        "type": "u32"
      },
      {
        "name": "channels",
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
        "name": "outPixels",
        "type": "u32"
      },
      {
        "name": "outWidth",
        "type": "u32"
      },
      {
        "name": "taps",
        "type": "u32"
      },
      {
        "name": "kernelWidth",
        "type": "u32"
      },
      {
        "name": "stride",
        "type": "u32"
      },
      {
        "name": "padding",
        "type": "u32"
      },
      {
        "name": "dilation",
        "type": "u32"
      },
      {
        "name": "tilesY",
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
// @variants ROWS = 16, 32
const ROWS=16u;
// @variants COLUMNS = 1, 2
const COLUMNS=2u;


// @variants STEP = 1, 4
const STEP=4u;
const LOADS=(ROWS+SUBGROUP-1)/SUBGROUP;

struct Params{
rows:u32,columns:u32,channels:u32,height:u32,width:u32,outPixels:u32,outWidth:u32,
taps:u32,kernelWidth:u32,stride:u32,padding:u32,dilation:u32,tilesY:u32,
}


@group(0)@binding(0)var<storage,read>input:array<vec4f>;

@group(0)@binding(1)var<storage,read>weight:array<vec4f>;

@group(0)@binding(2)var<storage,read>bias:array<vec4f>;

@group(0)@binding(3)var<storage,read>residual:array<vec4f>;
@group(0)@binding(4)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(5)var<uniform>params:Params;


fn valuesOfInput(i:u32)->vec4f{
if STEP==4{return input[i/4];}
return vec4f(input[i/4][i%4]);
}



fn corner(row:u32)->vec3u{
let pixel=row%params.outPixels;
let at=vec2u(pixel/params.outWidth,pixel%params.outWidth)*params.stride;
return vec3u(row/params.outPixels,at-params.padding);
}

@compute@workgroup_size(WORKGROUP)
fn conv2d_broadcast(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)index:u32,
@builtin(subgroup_invocation_id)lane:u32,
){
let row=(group.y+group.z*params.tilesY)*ROWS;
if row>=params.rows{return;}
let quads=params.columns/4;
let column=(group.x*WORKGROUP+index)*COLUMNS;

var corners:array<vec3u,LOADS>;
// @unroll
for(var l=0u;l<LOADS;l++){
corners[l]=corner(min(row+l*SUBGROUP+lane,params.rows-1));
}
var quadAt:array<u32,COLUMNS>;
// @unroll
for(var c=0u;c<COLUMNS;c++){quadAt[c]=min(column+c,quads-1);}

var sums:array<vec4f,ROWS*COLUMNS>;
var weightRow=0u;
for(var tap=0u;tap<params.taps;tap++){
let shift=vec2u(tap/params.kernelWidth,tap%params.kernelWidth)*params.dilation;
var start:array<u32,LOADS>;
var inside:array<bool,LOADS>;
// @unroll
for(var l=0u;l<LOADS;l++){
let at=corners[l].yz+shift;
inside[l]=at.x<params.height&&at.y<params.width;
let pixel=(corners[l].x*params.height+at.x)*params.width+at.y;
start[l]=select(0u,pixel*params.channels,inside[l]);
}
for(var k=0u;k<params.channels;k+=STEP){
var mine:array<vec4f,LOADS>;
// @unroll
for(var l=0u;l<LOADS;l++){
mine[l]=select(vec4f(),valuesOfInput(start[l]+k),inside[l]);
}
var loaded:array<vec4f,ROWS>;
// @unroll
for(var r=0u;r<ROWS;r++){
loaded[r]=subgroupBroadcast(mine[r/SUBGROUP],r%SUBGROUP);
}
// @unroll
for(var q=0u;q<STEP;q++){
// @unroll
for(var c=0u;c<COLUMNS;c++){
let taken=weight[weightRow+quadAt[c]];
// @unroll
for(var r=0u;r<ROWS;r++){sums[r*COLUMNS+c]+=loaded[r][q]*taken;}
}
weightRow+=quads;
}
}
}



for(var r=0u;r<ROWS;r++){
if row+r<params.rows{
// @unroll
for(var c=0u;c<COLUMNS;c++){
if column+c<quads{
let at=(row+r)*quads+column+c;
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

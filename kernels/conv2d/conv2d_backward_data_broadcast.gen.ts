import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from conv2d_backward_data_broadcast.wgsl: do not edit.
/** Bindings and uniforms of `conv2d_backward_data_broadcast`. */
export type Conv2dBackwardDataBroadcastArgs = {
    readonly dOut: Tensor<"f32">;
    readonly weight: Tensor<"f32">;
    readonly dx: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly channels: number; readonly height: number; readonly width: number; readonly outHeight: number; readonly outWidth: number; readonly phaseRows: number; readonly phaseHeight: number; readonly phaseWidth: number; readonly taps: number; readonly kernelWidth: number; readonly stride: number; readonly padding: number; readonly dilation: number; readonly tilesY: number };
  };

/** See conv2d_backward_data_broadcast.wgsl. */
export const conv2dBackwardDataBroadcastKernel: Kernel<Conv2dBackwardDataBroadcastArgs> = {
    "name": "conv2d_backward_data_broadcast",
    "bindings": [
      {
        "name": "dOut",
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
        "name": "dx",
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
        "name": "outHeight",
        "type": "u32"
      },
      {
        "name": "outWidth",
        "type": "u32"
      },
      {
        "name": "phaseRows",
        "type": "u32"
      },
      {
        "name": "phaseHeight",
        "type": "u32"
      },
      {
        "name": "phaseWidth",
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
      "WORKGROUP": 8
    },
    "requires": [
      "subgroups"
    ],
    "source": `
















override WORKGROUP:u32=8;

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
rows:u32,columns:u32,channels:u32,height:u32,width:u32,outHeight:u32,outWidth:u32,
phaseRows:u32,phaseHeight:u32,phaseWidth:u32,taps:u32,kernelWidth:u32,stride:u32,
padding:u32,dilation:u32,tilesY:u32,
}


@group(0)@binding(0)var<storage,read>dOut:array<vec4f>;

@group(0)@binding(1)var<storage,read>weight:array<vec4f>;
@group(0)@binding(2)var<storage,read_write>dx:array<vec4f>;
@group(0)@binding(3)var<uniform>params:Params;


fn valuesOfGradient(i:u32)->vec4f{
if STEP==4{return dOut[i/4];}
return vec4f(dOut[i/4][i%4]);
}


fn skips(row:u32,shift:vec2u)->bool{
let phase=row/params.phaseRows;
if phase!=min(row+ROWS-1,params.rows-1)/params.phaseRows{return false;}
let offset=vec2u(phase/params.stride,phase%params.stride)+params.padding;
return any((vec2i(offset)-vec2i(shift))%i32(params.stride)!=vec2i());
}


fn pixelOf(row:u32)->vec3u{
let phase=row/params.phaseRows;
let line=row%params.phaseRows/params.phaseWidth;
let cell=vec2u(line%params.phaseHeight,row%params.phaseRows%params.phaseWidth);
let offset=vec2u(phase/params.stride,phase%params.stride);
return vec3u(line/params.phaseHeight,cell*params.stride+offset);
}

@compute@workgroup_size(WORKGROUP)
fn conv2d_backward_data_broadcast(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)index:u32,
@builtin(subgroup_invocation_id)lane:u32,
){
let row=(group.y+group.z*params.tilesY)*ROWS;
if row>=params.rows{return;}
let quads=params.columns/4;
let column=(group.x*WORKGROUP+index)*COLUMNS;

var pixelAt:array<vec3u,LOADS>;
// @unroll
for(var l=0u;l<LOADS;l++){
pixelAt[l]=pixelOf(min(row+l*SUBGROUP+lane,params.rows-1));
}
var quadAt:array<u32,COLUMNS>;
// @unroll
for(var c=0u;c<COLUMNS;c++){quadAt[c]=min(column+c,quads-1);}

var sums:array<vec4f,ROWS*COLUMNS>;
for(var tap=0u;tap<params.taps;tap++){
let shift=vec2u(tap/params.kernelWidth,tap%params.kernelWidth)*params.dilation;
if skips(row,shift){continue;}
var start:array<u32,LOADS>;
var inside:array<bool,LOADS>;
// @unroll
for(var l=0u;l<LOADS;l++){
let place=pixelAt[l].yz+params.padding;
let scaled=place-shift;
let at=scaled/params.stride;
inside[l]=all(place>=shift)&&all(at*params.stride==scaled)&&
at.x<params.outHeight&&at.y<params.outWidth;
let pixel=(pixelAt[l].x*params.outHeight+at.x)*params.outWidth+at.y;
start[l]=select(0u,pixel*params.channels,inside[l]);
}
var weightRow=tap*params.channels*quads;
for(var k=0u;k<params.channels;k+=STEP){
var mine:array<vec4f,LOADS>;
// @unroll
for(var l=0u;l<LOADS;l++){
mine[l]=select(vec4f(),valuesOfGradient(start[l]+k),inside[l]);
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
let pixel=pixelOf(row+r);
if row+r<params.rows&&pixel.y<params.height&&pixel.z<params.width{
let first=((pixel.x*params.height+pixel.y)*params.width+pixel.z)*quads;
// @unroll
for(var c=0u;c<COLUMNS;c++){
if column+c<quads{dx[first+column+c]=sums[c];}
}
}
// @unroll
for(var s=0u;s<(ROWS-1)*COLUMNS;s++){sums[s]=sums[s+COLUMNS];}
}
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from conv2d_backward_data_shared.wgsl: do not edit.
/** Bindings and uniforms of `conv2d_backward_data_shared`. */
export type Conv2dBackwardDataSharedArgs = {
    readonly dOut: Tensor<"f32">;
    readonly weight: Tensor<"f32">;
    readonly dx: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly channels: number; readonly height: number; readonly width: number; readonly outHeight: number; readonly outWidth: number; readonly phaseRows: number; readonly phaseHeight: number; readonly phaseWidth: number; readonly taps: number; readonly kernelWidth: number; readonly stride: number; readonly padding: number; readonly dilation: number; readonly tilesY: number };
  };

/** See conv2d_backward_data_shared.wgsl. */
export const conv2dBackwardDataSharedKernel: Kernel<Conv2dBackwardDataSharedArgs> = {
    "name": "conv2d_backward_data_shared",
    "bindings": [
      {
        "name": "dOut",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "weight",
        "access": "read",
        "dtype": "f32"
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
    "overrides": {},
    "requires": [],
    "source": `
















// @variants ROWS = 4, 8
const ROWS=8u;
// @variants COLUMNS = 1, 2
const COLUMNS=2u;
// @variants ACROSS = 8, 16
const ACROSS=8u;
// @variants DOWN = 8, 16
const DOWN=8u;

const DEPTH=16u;
const INVOCATIONS=ACROSS*DOWN;
const TILE_ROWS=DOWN*ROWS;
const TILE_QUADS=ACROSS*COLUMNS;
const ROW_QUADS=ROWS/4;

const PITCH=TILE_ROWS/4+1;
const WEIGHT_LOADS=(DEPTH*TILE_QUADS+INVOCATIONS-1)/INVOCATIONS;

struct Params{
rows:u32,columns:u32,channels:u32,height:u32,width:u32,outHeight:u32,outWidth:u32,
phaseRows:u32,phaseHeight:u32,phaseWidth:u32,taps:u32,kernelWidth:u32,stride:u32,
padding:u32,dilation:u32,tilesY:u32,
}

@group(0)@binding(0)var<storage,read>dOut:array<vec4f>;
@group(0)@binding(1)var<storage,read>weight:array<vec4f>;
@group(0)@binding(2)var<storage,read_write>dx:array<vec4f>;
@group(0)@binding(3)var<uniform>params:Params;

var<workgroup>gradientTile:array<vec4f,DEPTH*PITCH>;
var<workgroup>weightTile:array<vec4f,DEPTH*TILE_QUADS>;


fn skips(row:u32,shift:vec2u)->bool{
let phase=row/params.phaseRows;
if phase!=min(row+TILE_ROWS-1,params.rows-1)/params.phaseRows{return false;}
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

@compute@workgroup_size(ACROSS,DOWN)
fn conv2d_backward_data_shared(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_id)lane:vec3u,
@builtin(local_invocation_index)index:u32,
){
let firstRow=(group.y+group.z*params.tilesY)*TILE_ROWS;
if firstRow>=params.rows{return;}
let quads=params.columns/4;
let row=firstRow+lane.y*ROWS;
let column=group.x*TILE_QUADS+lane.x;
let busy=row<params.rows&&column<quads;


let blockRow=index/(DEPTH/4);
let blockQuad=index%(DEPTH/4);
var pixelAt:array<vec3u,4>;
// @unroll
for(var r=0u;r<4;r++){
pixelAt[r]=pixelOf(min(firstRow+4*blockRow+r,params.rows-1));
}

let inner=params.channels/4;
var sums:array<vec4f,ROWS*COLUMNS>;
for(var tap=0u;tap<params.taps;tap++){
let shift=vec2u(tap/params.kernelWidth,tap%params.kernelWidth)*params.dilation;
if skips(firstRow,shift){continue;}
var start:array<u32,4>;
var inside:array<bool,4>;
// @unroll
for(var r=0u;r<4;r++){
let place=pixelAt[r].yz+params.padding;
let scaled=place-shift;
let at=scaled/params.stride;
inside[r]=all(place>=shift)&&all(at*params.stride==scaled)&&
at.x<params.outHeight&&at.y<params.outWidth;
let pixel=(pixelAt[r].x*params.outHeight+at.x)*params.outWidth+at.y;
start[r]=select(0u,pixel*inner,inside[r]);
}
for(var first=0u;first<inner;first+=DEPTH/4){
if index<TILE_ROWS{
let k=min(first+blockQuad,inner-1);
var loaded:array<vec4f,4>;
// @unroll
for(var r=0u;r<4;r++){
loaded[r]=select(vec4f(),dOut[start[r]+k],inside[r]);
}
// @unroll
for(var q=0u;q<4;q++){
gradientTile[(4*blockQuad+q)*PITCH+blockRow]=
vec4f(loaded[0][q],loaded[1][q],loaded[2][q],loaded[3][q]);
}
}
// @unroll
for(var l=0u;l<WEIGHT_LOADS;l++){
let i=index+l*INVOCATIONS;
if i<DEPTH*TILE_QUADS{
let k=min(4*first+i/TILE_QUADS,params.channels-1);
let j=min(group.x*TILE_QUADS+i%TILE_QUADS,quads-1);
weightTile[i]=weight[(tap*params.channels+k)*quads+j];
}
}
workgroupBarrier();


let depth=select(0u,min(DEPTH/4,inner-first),busy);
for(var k=0u;k<depth;k++){
var rowQuads:array<vec4f,ROW_QUADS>;
// @unroll
for(var q=0u;q<4;q++){
// @unroll
for(var r=0u;r<ROW_QUADS;r++){
rowQuads[r]=gradientTile[(4*k+q)*PITCH+lane.y*ROW_QUADS+r];
}
// @unroll
for(var c=0u;c<COLUMNS;c++){
let taken=weightTile[(4*k+q)*TILE_QUADS+c*ACROSS+lane.x];
// @unroll
for(var r=0u;r<ROWS;r++){
sums[r*COLUMNS+c]+=rowQuads[r/4][r%4]*taken;
}
}
}
}
workgroupBarrier();
}
}


for(var r=0u;r<ROWS;r++){
let pixel=pixelOf(row+r);
if row+r<params.rows&&pixel.y<params.height&&pixel.z<params.width{
let first=((pixel.x*params.height+pixel.y)*params.width+pixel.z)*quads;
// @unroll
for(var c=0u;c<COLUMNS;c++){
let o=column+c*ACROSS;
if o<quads{dx[first+o]=sums[c];}
}
}
// @unroll
for(var s=0u;s<(ROWS-1)*COLUMNS;s++){sums[s]=sums[s+COLUMNS];}
}
}
`,
  };

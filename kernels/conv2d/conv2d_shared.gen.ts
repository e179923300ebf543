import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from conv2d_shared.wgsl: do not edit.
/** Bindings and uniforms of `conv2d_shared`. */
export type Conv2dSharedArgs = {
    readonly input: Tensor<"f32">;
    readonly weight: Tensor<"f32">;
    readonly bias: Tensor<"f32">;
    readonly residual: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly channels: number; readonly height: number; readonly width: number; readonly outPixels: number; readonly outWidth: number; readonly taps: number; readonly kernelWidth: number; readonly stride: number; readonly padding: number; readonly dilation: number; readonly tilesY: number };
  };

/** See conv2d_shared.wgsl. */
export const conv2dSharedKernel: Kernel<Conv2dSharedArgs> = {
    "name": "conv2d_shared",
    "bindings": [
      {
        "name": "input",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "weight",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "bias",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "residual",
        "access": "read",
        "dtype": "f32"
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
      "RESIDUAL": 0,
      "RELU": 0
    },
    "requires": [],
    "source": `

















override RESIDUAL:u32=0;
override RELU:u32=0;

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
rows:u32,columns:u32,channels:u32,height:u32,width:u32,outPixels:u32,outWidth:u32,
taps:u32,kernelWidth:u32,stride:u32,padding:u32,dilation:u32,tilesY:u32,
}

@group(0)@binding(0)var<storage,read>input:array<vec4f>;
@group(0)@binding(1)var<storage,read>weight:array<vec4f>;
@group(0)@binding(2)var<storage,read>bias:array<vec4f>;
@group(0)@binding(3)var<storage,read>residual:array<vec4f>;
@group(0)@binding(4)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(5)var<uniform>params:Params;

var<workgroup>inputTile:array<vec4f,DEPTH*PITCH>;
var<workgroup>weightTile:array<vec4f,DEPTH*TILE_QUADS>;



fn corner(row:u32)->vec3u{
let pixel=row%params.outPixels;
let at=vec2u(pixel/params.outWidth,pixel%params.outWidth)*params.stride;
return vec3u(row/params.outPixels,at-params.padding);
}

@compute@workgroup_size(ACROSS,DOWN)
fn conv2d_shared(
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
var corners:array<vec3u,4>;
// @unroll
for(var r=0u;r<4;r++){
corners[r]=corner(min(firstRow+4*blockRow+r,params.rows-1));
}

let inner=params.channels/4;
let end=params.taps*inner;
var sums:array<vec4f,ROWS*COLUMNS>;
for(var first=0u;first<end;first+=DEPTH/4){
if index<TILE_ROWS{
let k=min(first+blockQuad,end-1);
let tap=k/inner;
let shift=vec2u(tap/params.kernelWidth,tap%params.kernelWidth)*params.dilation;
var loaded:array<vec4f,4>;
// @unroll
for(var r=0u;r<4;r++){
let at=corners[r].yz+shift;
let inside=at.x<params.height&&at.y<params.width;
let pixel=(corners[r].x*params.height+at.x)*params.width+at.y;
let start=select(0u,pixel*inner+k%inner,inside);
loaded[r]=select(vec4f(),input[start],inside);
}
// @unroll
for(var q=0u;q<4;q++){
inputTile[(4*blockQuad+q)*PITCH+blockRow]=
vec4f(loaded[0][q],loaded[1][q],loaded[2][q],loaded[3][q]);
}
}
// @unroll
for(var l=0u;l<WEIGHT_LOADS;l++){
let i=index+l*INVOCATIONS;
if i<DEPTH*TILE_QUADS{
let k=min(4*first+i/TILE_QUADS,4*end-1);
let j=min(group.x*TILE_QUADS+i%TILE_QUADS,quads-1);
weightTile[i]=weight[k*quads+j];
}
}
workgroupBarrier();


let depth=select(0u,min(DEPTH/4,end-first),busy);
for(var k=0u;k<depth;k++){
var rowQuads:array<vec4f,ROW_QUADS>;
// @unroll
for(var q=0u;q<4;q++){
// @unroll
for(var r=0u;r<ROW_QUADS;r++){
rowQuads[r]=inputTile[(4*k+q)*PITCH+lane.y*ROW_QUADS+r];
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


for(var r=0u;r<ROWS;r++){
if row+r<params.rows{
// @unroll
for(var c=0u;c<COLUMNS;c++){
let o=column+c*ACROSS;
if o<quads{
let at=(row+r)*quads+o;
var value=sums[c]+bias[o];
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

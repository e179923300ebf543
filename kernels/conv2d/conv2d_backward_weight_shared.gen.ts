import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from conv2d_backward_weight_shared.wgsl: do not edit.
/** Bindings and uniforms of `conv2d_backward_weight_shared`. */
export type Conv2dBackwardWeightSharedArgs = {
    readonly input: Tensor<"f32">;
    readonly dOut: Tensor<"f32">;
    readonly partials: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly channels: number; readonly height: number; readonly width: number; readonly outHeight: number; readonly outWidth: number; readonly pixels: number; readonly firstPixel: number; readonly slicePixels: number; readonly kernelWidth: number; readonly stride: number; readonly padding: number; readonly dilation: number };
  };

/** See conv2d_backward_weight_shared.wgsl. */
export const conv2dBackwardWeightSharedKernel: Kernel<Conv2dBackwardWeightSharedArgs> = {
    "name": "conv2d_backward_weight_shared",
    "bindings": [
      {
        "name": "input",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "dOut",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "partials",
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
        "name": "pixels",
        "type": "u32"
      },
      {
        "name": "firstPixel",
        "type": "u32"
      },
      {
        "name": "slicePixels",
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
const TILE_ROW_QUADS=DOWN*ROWS/4;
const TILE_QUADS=ACROSS*COLUMNS;
const ROW_QUADS=ROWS/4;
const INPUT_LOADS=(DEPTH*TILE_ROW_QUADS+INVOCATIONS-1)/INVOCATIONS;
const GRADIENT_LOADS=(DEPTH*TILE_QUADS+INVOCATIONS-1)/INVOCATIONS;

struct Params{
rows:u32,columns:u32,channels:u32,height:u32,width:u32,outHeight:u32,outWidth:u32,
pixels:u32,firstPixel:u32,slicePixels:u32,kernelWidth:u32,stride:u32,padding:u32,
dilation:u32,
}

@group(0)@binding(0)var<storage,read>input:array<vec4f>;
@group(0)@binding(1)var<storage,read>dOut:array<vec4f>;
@group(0)@binding(2)var<storage,read_write>partials:array<vec4f>;
@group(0)@binding(3)var<uniform>params:Params;

var<workgroup>inputTile:array<vec4f,DEPTH*TILE_ROW_QUADS>;
var<workgroup>gradientTile:array<vec4f,DEPTH*TILE_QUADS>;



fn tapOf(row:u32)->vec3u{
let tap=row/params.channels;
let shift=vec2u(tap/params.kernelWidth,tap%params.kernelWidth)*params.dilation;
return vec3u(shift-params.padding,row%params.channels/4);
}


fn quadOfInput(tap:vec3u,pixel:u32)->vec4f{
let line=pixel/params.outWidth;
let at=vec2u(line%params.outHeight,pixel%params.outWidth)*params.stride+tap.xy;
let inside=at.x<params.height&&at.y<params.width;
let place=(line/params.outHeight*params.height+at.x)*params.width+at.y;
let start=select(0u,place*(params.channels/4)+tap.z,inside);
return select(vec4f(),input[start],inside);
}

@compute@workgroup_size(ACROSS,DOWN)
fn conv2d_backward_weight_shared(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_id)lane:vec3u,
@builtin(local_invocation_index)index:u32,
){
let quads=params.columns/4;
let row=group.y*4*TILE_ROW_QUADS+lane.y*ROWS;
let column=group.x*TILE_QUADS+lane.x;
let busy=row<params.rows&&column<quads;


let tap=tapOf(min(4*(group.y*TILE_ROW_QUADS+index%TILE_ROW_QUADS),params.rows-4));
let j=min(group.x*TILE_QUADS+index%TILE_QUADS,quads-1);

let start=params.firstPixel+group.z*params.slicePixels;
let end=min(start+params.slicePixels,params.pixels);
var sums:array<vec4f,ROWS*COLUMNS>;
for(var first=start;first<end;first+=DEPTH){
// @unroll
for(var l=0u;l<INPUT_LOADS;l++){
let i=index+l*INVOCATIONS;
if i<DEPTH*TILE_ROW_QUADS{
inputTile[i]=quadOfInput(tap,min(first+i/TILE_ROW_QUADS,end-1));
}
}
// @unroll
for(var l=0u;l<GRADIENT_LOADS;l++){
let i=index+l*INVOCATIONS;
if i<DEPTH*TILE_QUADS{
gradientTile[i]=dOut[min(first+i/TILE_QUADS,end-1)*quads+j];
}
}
workgroupBarrier();


let depth=select(0u,min(DEPTH,end-first),busy);
for(var k=0u;k<depth;k++){
var rowQuads:array<vec4f,ROW_QUADS>;
// @unroll
for(var r=0u;r<ROW_QUADS;r++){
rowQuads[r]=inputTile[k*TILE_ROW_QUADS+lane.y*ROW_QUADS+r];
}
// @unroll
for(var c=0u;c<COLUMNS;c++){
let gradient=gradientTile[k*TILE_QUADS+c*ACROSS+lane.x];
// @unroll
for(var r=0u;r<ROWS;r++){
sums[r*COLUMNS+c]+=rowQuads[r/4][r%4]*gradient;
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
if o<quads{partials[(group.z*params.rows+row+r)*quads+o]=sums[c];}
}
}
// @unroll
for(var s=0u;s<(ROWS-1)*COLUMNS;s++){sums[s]=sums[s+COLUMNS];}
}
}
`,
  };

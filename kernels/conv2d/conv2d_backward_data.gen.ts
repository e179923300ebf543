import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from conv2d_backward_data.wgsl: do not edit.
/** Bindings and uniforms of `conv2d_backward_data`. */
export type Conv2dBackwardDataArgs = {
    readonly dOut: Tensor<"f32">;
    readonly weight: Tensor<"f32">;
    readonly dx: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly channels: number; readonly height: number; readonly width: number; readonly outHeight: number; readonly outWidth: number; readonly phaseRows: number; readonly phaseHeight: number; readonly phaseWidth: number; readonly taps: number; readonly kernelWidth: number; readonly stride: number; readonly padding: number; readonly dilation: number; readonly tilesY: number };
  };

/** See conv2d_backward_data.wgsl. */
export const conv2dBackwardDataKernel: Kernel<Conv2dBackwardDataArgs> = {
    "name": "conv2d_backward_data",
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
    "overrides": {
      "WORKGROUP_X": 8,
      "WORKGROUP_Y": 8
    },
    "requires": [],
    "source": `













override WORKGROUP_X:u32=8;
override WORKGROUP_Y:u32=8;

// @variants ROWS = 4, 8
const ROWS=8u;
// @variants COLUMNS = 1, 2
const COLUMNS=2u;

struct Params{
rows:u32,columns:u32,channels:u32,height:u32,width:u32,outHeight:u32,outWidth:u32,
phaseRows:u32,phaseHeight:u32,phaseWidth:u32,taps:u32,kernelWidth:u32,stride:u32,
padding:u32,dilation:u32,tilesY:u32,
}

@group(0)@binding(0)var<storage,read>dOut:array<vec4f>;
@group(0)@binding(1)var<storage,read>weight:array<vec4f>;
@group(0)@binding(2)var<storage,read_write>dx:array<vec4f>;
@group(0)@binding(3)var<uniform>params:Params;


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

@compute@workgroup_size(WORKGROUP_X,WORKGROUP_Y)
fn conv2d_backward_data(@builtin(global_invocation_id)id:vec3u){
let row=(id.y+id.z*params.tilesY)*ROWS;
let quads=params.columns/4;
let column=id.x*COLUMNS;
if row>=params.rows||column>=quads{return;}

var pixelAt:array<vec3u,ROWS>;
// @unroll
for(var r=0u;r<ROWS;r++){pixelAt[r]=pixelOf(min(row+r,params.rows-1));}
var quadAt:array<u32,COLUMNS>;
// @unroll
for(var c=0u;c<COLUMNS;c++){quadAt[c]=min(column+c,quads-1);}

let inner=params.channels/4;
var sums:array<vec4f,ROWS*COLUMNS>;
for(var tap=0u;tap<params.taps;tap++){
let shift=vec2u(tap/params.kernelWidth,tap%params.kernelWidth)*params.dilation;
if skips(row,shift){continue;}
var start:array<u32,ROWS>;
var inside:array<bool,ROWS>;
// @unroll
for(var r=0u;r<ROWS;r++){
let place=pixelAt[r].yz+params.padding;
let scaled=place-shift;
let at=scaled/params.stride;
inside[r]=all(place>=shift)&&all(at*params.stride==scaled)&&
at.x<params.outHeight&&at.y<params.outWidth;
let pixel=(pixelAt[r].x*params.outHeight+at.x)*params.outWidth+at.y;
start[r]=select(0u,pixel*inner,inside[r]);
}
var weightRow=tap*params.channels*quads;
for(var k=0u;k<inner;k++){
var loaded:array<vec4f,ROWS>;
// @unroll
for(var r=0u;r<ROWS;r++){
loaded[r]=select(vec4f(),dOut[start[r]+k],inside[r]);
}
// @unroll
for(var q=0u;q<4;q++){
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

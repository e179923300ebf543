import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from conv2d.wgsl: do not edit.
/** Bindings and uniforms of `conv2d`. */
export type Conv2dArgs = {
    readonly input: Tensor<"f32">;
    readonly weight: Tensor<"f32">;
    readonly bias: Tensor<"f32">;
    readonly residual: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly channels: number; readonly height: number; readonly width: number; readonly outPixels: number; readonly outWidth: number; readonly taps: number; readonly kernelWidth: number; readonly stride: number; readonly padding: number; readonly dilation: number; readonly tilesY: number };
  };

/** See conv2d.wgsl. */
export const conv2dKernel: Kernel<Conv2dArgs> = {
    "name": "conv2d",
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
      "WORKGROUP_X": 8,
      "WORKGROUP_Y": 8,
      "RESIDUAL": 0,
      "RELU": 0
    },
    "requires": [],
    "source": `















override WORKGROUP_X:u32=8;
override WORKGROUP_Y:u32=8;
override RESIDUAL:u32=0;
override RELU:u32=0;

// @variants ROWS = 4, 8
const ROWS=8u;
// @variants COLUMNS = 1, 2
const COLUMNS=2u;

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



fn corner(row:u32)->vec3u{
let pixel=row%params.outPixels;
let at=vec2u(pixel/params.outWidth,pixel%params.outWidth)*params.stride;
return vec3u(row/params.outPixels,at-params.padding);
}

@compute@workgroup_size(WORKGROUP_X,WORKGROUP_Y)
fn conv2d(@builtin(global_invocation_id)id:vec3u){
let row=(id.y+id.z*params.tilesY)*ROWS;
let quads=params.columns/4;
let column=id.x*COLUMNS;
if row>=params.rows||column>=quads{return;}

var corners:array<vec3u,ROWS>;
// @unroll
for(var r=0u;r<ROWS;r++){corners[r]=corner(min(row+r,params.rows-1));}
var quadAt:array<u32,COLUMNS>;
// @unroll
for(var c=0u;c<COLUMNS;c++){quadAt[c]=min(column+c,quads-1);}

let inner=params.channels/4;
var sums:array<vec4f,ROWS*COLUMNS>;
var weightRow=0u;
for(var tap=0u;tap<params.taps;tap++){
let shift=vec2u(tap/params.kernelWidth,tap%params.kernelWidth)*params.dilation;
var start:array<u32,ROWS>;
var inside:array<bool,ROWS>;
// @unroll
for(var r=0u;r<ROWS;r++){
let at=corners[r].yz+shift;
inside[r]=at.x<params.height&&at.y<params.width;
let pixel=(corners[r].x*params.height+at.x)*params.width+at.y;
start[r]=select(0u,pixel*inner,inside[r]);
}
for(var k=0u;k<inner;k++){
var loaded:array<vec4f,ROWS>;
// @unroll
for(var r=0u;r<ROWS;r++){
loaded[r]=select(vec4f(),input[start[r]+k],inside[r]);
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

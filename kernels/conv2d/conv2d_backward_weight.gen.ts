import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from conv2d_backward_weight.wgsl: do not edit.
/** Bindings and uniforms of `conv2d_backward_weight`. */
export type Conv2dBackwardWeightArgs = {
    readonly input: Tensor<"f32">;
    readonly dOut: Tensor<"f32">;
    readonly partials: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly channels: number; readonly height: number; readonly width: number; readonly outHeight: number; readonly outWidth: number; readonly pixels: number; readonly firstPixel: number; readonly slicePixels: number; readonly kernelWidth: number; readonly stride: number; readonly padding: number; readonly dilation: number };
  };

/** See conv2d_backward_weight.wgsl. */
export const conv2dBackwardWeightKernel: Kernel<Conv2dBackwardWeightArgs> = {
    "name": "conv2d_backward_weight",
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
const LOADS=ROWS/4;

struct Params{
rows:u32,columns:u32,channels:u32,height:u32,width:u32,outHeight:u32,outWidth:u32,
pixels:u32,firstPixel:u32,slicePixels:u32,kernelWidth:u32,stride:u32,padding:u32,
dilation:u32,
}

@group(0)@binding(0)var<storage,read>input:array<vec4f>;
@group(0)@binding(1)var<storage,read>dOut:array<vec4f>;
@group(0)@binding(2)var<storage,read_write>partials:array<vec4f>;
@group(0)@binding(3)var<uniform>params:Params;



fn tapOf(row:u32)->vec3u{
let tap=row/params.channels;
let shift=vec2u(tap/params.kernelWidth,tap%params.kernelWidth)*params.dilation;
return vec3u(shift-params.padding,row%params.channels/4);
}

@compute@workgroup_size(WORKGROUP_X,WORKGROUP_Y)
fn conv2d_backward_weight(@builtin(global_invocation_id)id:vec3u){
let row=id.y*ROWS;
let quads=params.columns/4;
let column=id.x*COLUMNS;
if row>=params.rows||column>=quads{return;}

var tapAt:array<vec3u,LOADS>;
// @unroll
for(var l=0u;l<LOADS;l++){tapAt[l]=tapOf(min(row+4*l,params.rows-4));}
var quadAt:array<u32,COLUMNS>;
// @unroll
for(var c=0u;c<COLUMNS;c++){quadAt[c]=min(column+c,quads-1);}

let inner=params.channels/4;
let first=params.firstPixel+id.z*params.slicePixels;
let last=min(first+params.slicePixels,params.pixels);
var x=first%params.outWidth;
var y=first/params.outWidth%params.outHeight;
var image=first/params.outWidth/params.outHeight;
var sums:array<vec4f,ROWS*COLUMNS>;
for(var pixel=first;pixel<last;pixel++){
let corner=vec2u(y,x)*params.stride;
var loaded:array<vec4f,LOADS>;
// @unroll
for(var l=0u;l<LOADS;l++){
let at=corner+tapAt[l].xy;
let inside=at.x<params.height&&at.y<params.width;
let start=((image*params.height+at.x)*params.width+at.y)*inner+tapAt[l].z;
loaded[l]=select(vec4f(),input[select(0u,start,inside)],inside);
}
// @unroll
for(var c=0u;c<COLUMNS;c++){
let gradient=dOut[pixel*quads+quadAt[c]];
// @unroll
for(var r=0u;r<ROWS;r++){
sums[r*COLUMNS+c]+=loaded[r/4][r%4]*gradient;
}
}
x++;
if x==params.outWidth{x=0;y++;}
if y==params.outHeight{y=0;image++;}
}



for(var r=0u;r<ROWS;r++){
if row+r<params.rows{
// @unroll
for(var c=0u;c<COLUMNS;c++){
if column+c<quads{
partials[(id.z*params.rows+row+r)*quads+column+c]=sums[c];
}
}
}
// @unroll
for(var s=0u;s<(ROWS-1)*COLUMNS;s++){sums[s]=sums[s+COLUMNS];}
}
}
`,
  };

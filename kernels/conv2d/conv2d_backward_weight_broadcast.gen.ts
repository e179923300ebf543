import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from conv2d_backward_weight_broadcast.wgsl: do not edit.
/** Bindings and uniforms of `conv2d_backward_weight_broadcast`. */
export type Conv2dBackwardWeightBroadcastArgs = {
    readonly input: Tensor<"f32">;
    readonly dOut: Tensor<"f32">;
    readonly partials: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly channels: number; readonly height: number; readonly width: number; readonly outHeight: number; readonly outWidth: number; readonly pixels: number; readonly firstPixel: number; readonly slicePixels: number; readonly kernelWidth: number; readonly stride: number; readonly padding: number; readonly dilation: number };
  };

/** See conv2d_backward_weight_broadcast.wgsl. */
export const conv2dBackwardWeightBroadcastKernel: Kernel<Conv2dBackwardWeightBroadcastArgs> = {
    "name": "conv2d_backward_weight_broadcast",
    "bindings": [
      {
        "name": "input",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "dOut",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
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
const LOADS=(ROWS/4+SUBGROUP-1)/SUBGROUP;

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

@compute@workgroup_size(WORKGROUP)
fn conv2d_backward_weight_broadcast(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)index:u32,
@builtin(subgroup_invocation_id)lane:u32,
){
let row=group.y*ROWS;
let quads=params.columns/4;
let column=(group.x*WORKGROUP+index)*COLUMNS;

var tapAt:array<vec3u,LOADS>;
// @unroll
for(var l=0u;l<LOADS;l++){
tapAt[l]=tapOf(min(row+4*(l*SUBGROUP+lane),params.rows-4));
}
var quadAt:array<u32,COLUMNS>;
// @unroll
for(var c=0u;c<COLUMNS;c++){quadAt[c]=min(column+c,quads-1);}

let inner=params.channels/4;
let first=params.firstPixel+group.z*params.slicePixels;
let last=min(first+params.slicePixels,params.pixels);
var x=first%params.outWidth;
var y=first/params.outWidth%params.outHeight;
var image=first/params.outWidth/params.outHeight;
var sums:array<vec4f,ROWS*COLUMNS>;
for(var pixel=first;pixel<last;pixel++){
let corner=vec2u(y,x)*params.stride;
var mine:array<vec4f,LOADS>;
// @unroll
for(var l=0u;l<LOADS;l++){
let at=corner+tapAt[l].xy;
let inside=at.x<params.height&&at.y<params.width;
let start=((image*params.height+at.x)*params.width+at.y)*inner+tapAt[l].z;
mine[l]=select(vec4f(),input[select(0u,start,inside)],inside);
}
var loaded:array<vec4f,ROWS/4>;
// @unroll
for(var r=0u;r<ROWS/4;r++){
loaded[r]=subgroupBroadcast(mine[r/SUBGROUP],r%SUBGROUP);
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
partials[(group.z*params.rows+row+r)*quads+column+c]=sums[c];
}
}
}
// @unroll
for(var s=0u;s<(ROWS-1)*COLUMNS;s++){sums[s]=sums[s+COLUMNS];}
}
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from conv2d_backward_weight_stack.wgsl: do not edit.
/** Bindings and uniforms of `conv2d_backward_weight_stack`. */
export type Conv2dBackwardWeightStackArgs = {
    readonly input: Tensor<"f32">;
    readonly dOut: Tensor<"f32">;
    readonly partials: Tensor<"f32">;
    readonly params: { readonly channels: number; readonly height: number; readonly width: number; readonly outHeight: number; readonly outWidth: number; readonly columns: number; readonly kernelWidth: number; readonly padding: number; readonly stacks: number; readonly firstStack: number; readonly sliceStacks: number };
  };

/** See conv2d_backward_weight_stack.wgsl. */
export const conv2dBackwardWeightStackKernel: Kernel<Conv2dBackwardWeightStackArgs> = {
    "name": "conv2d_backward_weight_stack",
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
      },
      {
        "name": "stacks",
        "type": "u32"
      },
      {
        "name": "firstStack",
        "type": "u32"
      },
      {
        "name": "sliceStacks",
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
// @variants ROWS = 4, 8
const ROWS=4u;
// @variants COLUMNS = 1, 4
const COLUMNS=4u;
// @variants DOWN = 1, 3
const DOWN=3u;
const INPUTS=ROWS+DOWN-1;
const GRADIENTS=ROWS*COLUMNS;
const LOADS=(GRADIENTS+SUBGROUP-1)/SUBGROUP;

struct Params{
channels:u32,height:u32,width:u32,outHeight:u32,outWidth:u32,columns:u32,
kernelWidth:u32,padding:u32,stacks:u32,firstStack:u32,sliceStacks:u32,
}


@group(0)@binding(0)var<storage,read>input:array<vec4f>;

@group(0)@binding(1)var<storage,read>dOut:array<vec4f>;
@group(0)@binding(2)var<storage,read_write>partials:array<vec4f>;
@group(0)@binding(3)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn conv2d_backward_weight_stack(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)index:u32,
@builtin(subgroup_invocation_id)lane:u32,
){
let inner=params.channels/4;
let tap=(group.x*WORKGROUP+index)/inner;
let quad=(group.x*WORKGROUP+index)%inner;
let quads=params.columns/4;
let column=group.y*COLUMNS;

var below:array<u32,LOADS>;
var quadAt:array<u32,LOADS>;
// @unroll
for(var l=0u;l<LOADS;l++){
let own=min(l*SUBGROUP+lane,GRADIENTS-1);
below[l]=own/COLUMNS;
quadAt[l]=min(column+own%COLUMNS,quads-1);
}

let high=(params.outHeight+ROWS-1)/ROWS;
let first=params.firstStack+group.z*params.sliceStacks;
let last=min(first+params.sliceStacks,params.stacks);
var x=first%params.outWidth;
var y=first/params.outWidth%high*ROWS;
var image=first/params.outWidth/high;
var sums:array<vec4f,DOWN*4*COLUMNS>;
for(var stack=first;stack<last;stack++){
var mine:array<vec4f,LOADS>;
// @unroll
for(var l=0u;l<LOADS;l++){
let inside=y+below[l]<params.outHeight;
let pixel=(image*params.outHeight+y+below[l])*params.outWidth+x;
mine[l]=select(vec4f(),dOut[select(0u,pixel*quads+quadAt[l],inside)],inside);
}

let across=x+tap-params.padding;
let top=y-params.padding;
var seen:array<vec4f,INPUTS>;
// @unroll
for(var i=0u;i<INPUTS;i++){
let inside=top+i<params.height&&across<params.width;
let pixel=(image*params.height+top+i)*params.width+across;
seen[i]=select(vec4f(),input[select(0u,pixel*inner+quad,inside)],inside);
}
// @unroll
for(var g=0u;g<GRADIENTS;g++){
let gradient=subgroupBroadcast(mine[g/SUBGROUP],g%SUBGROUP);
// @unroll
for(var r=0u;r<DOWN*4;r++){
sums[r*COLUMNS+g%COLUMNS]+=seen[g/COLUMNS+r/4][r%4]*gradient;
}
}
x++;
if x==params.outWidth{x=0;y+=ROWS;}
if y>=params.outHeight{y=0;image++;}
}



for(var r=0u;r<DOWN*4;r++){
if tap<params.kernelWidth{
let slice=group.z*DOWN+r/4;
let row=(slice*params.kernelWidth+tap)*params.channels+4*quad+r%4;
// @unroll
for(var c=0u;c<COLUMNS;c++){
if column+c<quads{partials[row*quads+column+c]=sums[c];}
}
}
// @unroll
for(var s=0u;s<(DOWN*4-1)*COLUMNS;s++){sums[s]=sums[s+COLUMNS];}
}
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from matmul_broadcast.wgsl: do not edit.
/** Bindings and uniforms of `matmul_broadcast`. */
export type MatmulBroadcastArgs = {
    readonly a: Tensor<"f32">;
    readonly b: Tensor<"f32">;
    readonly halves: Tensor<"u32">;
    readonly bias: Tensor<"f32">;
    readonly residual: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly inner: number; readonly bRows: number; readonly heads: number; readonly scale: number; readonly aBase: number; readonly aImage: number; readonly aHead: number; readonly aRow: number; readonly bBase: number; readonly bImage: number; readonly bHead: number; readonly bRow: number; readonly outBase: number; readonly outImage: number; readonly outHead: number; readonly outRow: number; readonly residualImage: number; readonly residualRow: number; readonly images: number; readonly part: number; readonly outSplit: number };
  };

/** See matmul_broadcast.wgsl. */
export const matmulBroadcastKernel: Kernel<MatmulBroadcastArgs> = {
    "name": "matmul_broadcast",
    "bindings": [
      {
        "name": "a",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "b",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "halves",
        "access": "read",
        "dtype": "u32",
        "texels": "rg32uint"
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
        "name": "inner",
        "type": "u32"
      },
      {
        "name": "bRows",
        "type": "u32"
      },
      {
        "name": "heads",
        "type": "u32"
      },
      {
        "name": "scale",
        "type": "f32"
      },
      {
        "name": "aBase",
        "type": "u32"
      },
      {
        "name": "aImage",
        "type": "u32"
      },
      {
        "name": "aHead",
        "type": "u32"
      },
      {
        "name": "aRow",
        "type": "u32"
      },
      {
        "name": "bBase",
        "type": "u32"
      },
      {
        "name": "bImage",
        "type": "u32"
      },
      {
        "name": "bHead",
        "type": "u32"
      },
      {
        "name": "bRow",
        "type": "u32"
      },
      {
        "name": "outBase",
        "type": "u32"
      },
      {
        "name": "outImage",
        "type": "u32"
      },
      {
        "name": "outHead",
        "type": "u32"
      },
      {
        "name": "outRow",
        "type": "u32"
      },
      {
        "name": "residualImage",
        "type": "u32"
      },
      {
        "name": "residualRow",
        "type": "u32"
      },
      {
        "name": "images",
        "type": "u32"
      },
      {
        "name": "part",
        "type": "u32"
      },
      {
        "name": "outSplit",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 8,
      "BIAS": 0,
      "RESIDUAL": 0,
      "GELU": 0,
      "RELU": 0,
      "HALF": 0,
      "AHEAD": 0
    },
    "requires": [
      "subgroups"
    ],
    "source": `



















override WORKGROUP:u32=8;
override BIAS:u32=0;
override RESIDUAL:u32=0;
override GELU:u32=0;
override RELU:u32=0;
override HALF:u32=0;


override AHEAD:u32=0;

// @variants SUBGROUP = 4, 8, 16, 32, 64
const SUBGROUP=8u;
// @variants ROWS = 16, 32, 40
const ROWS=16u;
// @variants COLUMNS = 1, 2, 4
const COLUMNS=2u;


// @variants STEP = 1, 4
const STEP=4u;
const LOADS=(ROWS+SUBGROUP-1)/SUBGROUP;

struct Params{
rows:u32,columns:u32,inner:u32,bRows:u32,heads:u32,scale:f32,
aBase:u32,aImage:u32,aHead:u32,aRow:u32,
bBase:u32,bImage:u32,bHead:u32,bRow:u32,
outBase:u32,outImage:u32,outHead:u32,outRow:u32,
residualImage:u32,residualRow:u32,
images:u32,part:u32,outSplit:u32,
}


@group(0)@binding(0)var<storage,read>a:array<vec4f>;

@group(0)@binding(1)var<storage,read>b:array<vec4f>;

@group(0)@binding(2)var<storage,read>halves:array<vec2u>;
@group(0)@binding(3)var<storage,read>bias:array<f32>;
@group(0)@binding(4)var<storage,read>residual:array<f32>;
@group(0)@binding(5)var<storage,read_write>out:array<f32>;
@group(0)@binding(6)var<uniform>params:Params;


fn valuesOfA(i:u32)->vec4f{
if STEP==4{return a[i/4];}
return vec4f(a[i/4][i%4]);
}

fn rowOfB(k:u32)->u32{return min(k,params.bRows-1)*params.bRow/4;}

fn quadOfB(i:u32)->vec4f{
if HALF==0{return b[i];}
let pairs=halves[i];
return vec4f(unpack2x16float(pairs.x),unpack2x16float(pairs.y));
}


fn gelu(x:f32)->f32{
let z=abs(x)*0.70710678;
let t=1/(1+0.3275911*z);
let series=
((((1.061405429*t-1.453152027)*t+1.421413741)*t-0.284496736)*t+0.254829592)*t;
return 0.5*x*(1+sign(x)*(1-series*exp(-z*z)));
}

fn store(row:u32,column:u32,base:u32,residualBase:u32,sum:f32,shift:f32){
if column>=params.columns{return;}
var value=params.scale*sum;
if BIAS==1{value+=shift;}
if GELU==1{value=gelu(value);}
if RESIDUAL==1{value+=residual[residualBase+row*params.residualRow+column];}
if RELU==1{value=max(value,0);}
out[base+row*params.outRow+column]=value;
}

@compute@workgroup_size(WORKGROUP)
fn matmul_broadcast(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)index:u32,
@builtin(subgroup_invocation_id)lane:u32,
){
let row=group.y*ROWS;
let column=(group.x*WORKGROUP+index)*4*COLUMNS;
let head=group.z%params.heads;
let image=group.z/params.heads%params.images;
let split=group.z/params.heads/params.images;
let aBase=params.aBase+image*params.aImage+head*params.aHead;
let bBase=params.bBase+image*params.bImage+head*params.bHead;

var aRow:array<u32,LOADS>;
// @unroll
for(var l=0u;l<LOADS;l++){
aRow[l]=aBase+min(row+l*SUBGROUP+lane,params.rows-1)*params.aRow;
}
var bColumn:array<u32,COLUMNS>;
// @unroll
for(var c=0u;c<COLUMNS;c++){
bColumn[c]=(bBase+min(column+4*c,params.bRow-4))/4;
}

var sums:array<vec4f,ROWS*COLUMNS>;
let end=4*min((split+1)*params.part,params.inner/4);
for(var k=4*split*params.part;k<end;k+=STEP){
var mine:array<vec4f,LOADS>;
// @unroll
for(var l=0u;l<LOADS;l++){mine[l]=valuesOfA(aRow[l]+k);}
var aTile:array<vec4f,ROWS>;
// @unroll
for(var r=0u;r<ROWS;r++){
aTile[r]=subgroupBroadcast(mine[r/SUBGROUP],r%SUBGROUP);
}
var bTile:array<vec4f,STEP*COLUMNS>;
if AHEAD==1{
// @unroll
for(var q=0u;q<STEP;q++){
// @unroll
for(var c=0u;c<COLUMNS;c++){
bTile[q*COLUMNS+c]=quadOfB(bColumn[c]+rowOfB(k+q));
}
}
}
// @unroll
for(var q=0u;q<STEP;q++){
// @unroll
for(var c=0u;c<COLUMNS;c++){
if AHEAD==0{bTile[q*COLUMNS+c]=quadOfB(bColumn[c]+rowOfB(k+q));}
// @unroll
for(var r=0u;r<ROWS;r++){
sums[r*COLUMNS+c]+=aTile[r][q]*bTile[q*COLUMNS+c];
}
}
}
}

let outBase=params.outBase+image*params.outImage+head*params.outHead+
split*params.outSplit;
let residualBase=image*params.residualImage;
var shifts:array<vec4f,COLUMNS>;
if BIAS==1{
// @unroll
for(var c=0u;c<COLUMNS;c++){
// @unroll
for(var q=0u;q<4;q++){
shifts[c][q]=bias[min(column+4*c+q,params.columns-1)];
}
}
}


for(var r=0u;r<ROWS;r++){
if row+r<params.rows{
// @unroll
for(var c=0u;c<COLUMNS;c++){
// @unroll
for(var q=0u;q<4;q++){
store(row+r,column+4*c+q,outBase,residualBase,sums[c][q],shifts[c][q]);
}
}
}
// @unroll
for(var s=0u;s<(ROWS-1)*COLUMNS;s++){sums[s]=sums[s+COLUMNS];}
}
}
`,
  };

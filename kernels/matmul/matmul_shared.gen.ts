import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from matmul_shared.wgsl: do not edit.
/** Bindings and uniforms of `matmul_shared`. */
export type MatmulSharedArgs = {
    readonly a: Tensor<"f32">;
    readonly b: Tensor<"f32">;
    readonly halves: Tensor<"u32">;
    readonly bias: Tensor<"f32">;
    readonly residual: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly inner: number; readonly bRows: number; readonly heads: number; readonly scale: number; readonly aBase: number; readonly aImage: number; readonly aHead: number; readonly aRow: number; readonly bBase: number; readonly bImage: number; readonly bHead: number; readonly bRow: number; readonly outBase: number; readonly outImage: number; readonly outHead: number; readonly outRow: number; readonly residualImage: number; readonly residualRow: number; readonly images: number; readonly part: number; readonly outSplit: number };
  };

/** See matmul_shared.wgsl. */
export const matmulSharedKernel: Kernel<MatmulSharedArgs> = {
    "name": "matmul_shared",
    "bindings": [
      {
        "name": "a",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "b",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "halves",
        "access": "read",
        "dtype": "u32"
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
      "BIAS": 0,
      "RESIDUAL": 0,
      "GELU": 0,
      "RELU": 0,
      "HALF": 0
    },
    "requires": [],
    "source": `




















override BIAS:u32=0;
override RESIDUAL:u32=0;
override GELU:u32=0;
override RELU:u32=0;
override HALF:u32=0;

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
const B_LOADS=(DEPTH*TILE_QUADS+INVOCATIONS-1)/INVOCATIONS;

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

var<workgroup>aTile:array<vec4f,DEPTH*PITCH>;
var<workgroup>bTile:array<vec4f,DEPTH*TILE_QUADS>;

@compute@workgroup_size(ACROSS,DOWN)
fn matmul_shared(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_id)lane:vec3u,
@builtin(local_invocation_index)index:u32,
){
let row=group.y*TILE_ROWS+lane.y*ROWS;
let column=group.x*4*TILE_QUADS+4*lane.x;
let head=group.z%params.heads;
let image=group.z/params.heads%params.images;
let split=group.z/params.heads/params.images;
let aBase=params.aBase+image*params.aImage+head*params.aHead;
let bBase=params.bBase+image*params.bImage+head*params.bHead;
let busy=row<params.rows&&column<params.columns;


let blockRow=index/(DEPTH/4);
let blockQuad=index%(DEPTH/4);
var aRow:array<u32,4>;
// @unroll
for(var r=0u;r<4;r++){
let i=min(group.y*TILE_ROWS+4*blockRow+r,params.rows-1);
aRow[r]=(aBase+i*params.aRow)/4;
}

var sums:array<vec4f,ROWS*COLUMNS>;
let end=min((split+1)*params.part,params.inner/4);
for(var first=split*params.part;first<end;first+=DEPTH/4){
if index<TILE_ROWS{
let k=min(first+blockQuad,end-1);
let x=a[aRow[0]+k];
let y=a[aRow[1]+k];
let z=a[aRow[2]+k];
let w=a[aRow[3]+k];
// @unroll
for(var q=0u;q<4;q++){
aTile[(4*blockQuad+q)*PITCH+blockRow]=vec4f(x[q],y[q],z[q],w[q]);
}
}
// @unroll
for(var l=0u;l<B_LOADS;l++){
let i=index+l*INVOCATIONS;
if i<DEPTH*TILE_QUADS{
let k=min(4*first+i/TILE_QUADS,params.bRows-1);
let j=min(4*(group.x*TILE_QUADS+i%TILE_QUADS),params.bRow-4);
bTile[i]=quadOfB((bBase+k*params.bRow+j)/4);
}
}
workgroupBarrier();


let depth=select(0u,min(DEPTH/4,end-first),busy);
for(var k=0u;k<depth;k++){
var aQuads:array<vec4f,ROW_QUADS>;
// @unroll
for(var q=0u;q<4;q++){
// @unroll
for(var r=0u;r<ROW_QUADS;r++){
aQuads[r]=aTile[(4*k+q)*PITCH+lane.y*ROW_QUADS+r];
}
// @unroll
for(var c=0u;c<COLUMNS;c++){
let bQuad=bTile[(4*k+q)*TILE_QUADS+c*ACROSS+lane.x];
// @unroll
for(var r=0u;r<ROWS;r++){sums[r*COLUMNS+c]+=aQuads[r/4][r%4]*bQuad;}
}
}
}
workgroupBarrier();
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
shifts[c][q]=bias[min(column+4*ACROSS*c+q,params.columns-1)];
}
}
}

for(var r=0u;r<ROWS;r++){
if row+r<params.rows{
// @unroll
for(var c=0u;c<COLUMNS;c++){
// @unroll
for(var q=0u;q<4;q++){
let j=column+4*ACROSS*c+q;
store(row+r,j,outBase,residualBase,sums[c][q],shifts[c][q]);
}
}
}
// @unroll
for(var s=0u;s<(ROWS-1)*COLUMNS;s++){sums[s]=sums[s+COLUMNS];}
}
}
`,
  };

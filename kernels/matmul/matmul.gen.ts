import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from matmul.wgsl: do not edit.
/** Bindings and uniforms of `matmul`. */
export type MatmulArgs = {
    readonly a: Tensor<"f32">;
    readonly b: Tensor<"f32">;
    readonly halves: Tensor<"u32">;
    readonly bias: Tensor<"f32">;
    readonly residual: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly inner: number; readonly bRows: number; readonly heads: number; readonly scale: number; readonly aBase: number; readonly aImage: number; readonly aHead: number; readonly aRow: number; readonly bBase: number; readonly bImage: number; readonly bHead: number; readonly bRow: number; readonly outBase: number; readonly outImage: number; readonly outHead: number; readonly outRow: number; readonly residualImage: number; readonly residualRow: number; readonly images: number; readonly part: number; readonly outSplit: number };
  };

/** See matmul.wgsl. */
export const matmulKernel: Kernel<MatmulArgs> = {
    "name": "matmul",
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
      "WORKGROUP_X": 8,
      "WORKGROUP_Y": 8,
      "BIAS": 0,
      "RESIDUAL": 0,
      "GELU": 0,
      "RELU": 0,
      "HALF": 0
    },
    "requires": [],
    "source": `


















override WORKGROUP_X:u32=8;
override WORKGROUP_Y:u32=8;
override BIAS:u32=0;
override RESIDUAL:u32=0;
override GELU:u32=0;
override RELU:u32=0;
override HALF:u32=0;

// @variants ROWS = 4, 8
const ROWS=8u;
// @variants COLUMNS = 1, 2, 4
const COLUMNS=2u;

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

@compute@workgroup_size(WORKGROUP_X,WORKGROUP_Y)
fn matmul(@builtin(global_invocation_id)id:vec3u){
let row=id.y*ROWS;
let column=id.x*4*COLUMNS;
if row>=params.rows||column>=params.columns{return;}
let head=id.z%params.heads;
let image=id.z/params.heads%params.images;
let split=id.z/params.heads/params.images;
let aBase=params.aBase+image*params.aImage+head*params.aHead;
let bBase=params.bBase+image*params.bImage+head*params.bHead;

var aRow:array<u32,ROWS>;
// @unroll
for(var r=0u;r<ROWS;r++){
aRow[r]=(aBase+min(row+r,params.rows-1)*params.aRow)/4;
}
var bColumn:array<u32,COLUMNS>;
// @unroll
for(var c=0u;c<COLUMNS;c++){
bColumn[c]=(bBase+min(column+4*c,params.bRow-4))/4;
}

var sums:array<vec4f,ROWS*COLUMNS>;
let end=min((split+1)*params.part,params.inner/4);
for(var k=split*params.part;k<end;k++){
var aTile:array<vec4f,ROWS>;
// @unroll
for(var r=0u;r<ROWS;r++){aTile[r]=a[aRow[r]+k];}
// @unroll
for(var q=0u;q<4;q++){
let bRow=min(4*k+q,params.bRows-1)*params.bRow/4;
// @unroll
for(var c=0u;c<COLUMNS;c++){
let bQuad=quadOfB(bColumn[c]+bRow);
// @unroll
for(var r=0u;r<ROWS;r++){sums[r*COLUMNS+c]+=aTile[r][q]*bQuad;}
}
}
}

let outBase=params.outBase+image*params.outImage+head*params.outHead+
split*params.outSplit;
let residualBase=image*params.residualImage;
// @unroll
for(var c=0u;c<COLUMNS;c++){
// @unroll
for(var q=0u;q<4;q++){
var shift=0f;
if BIAS==1{shift=bias[min(column+4*c+q,params.columns-1)];}
// @unroll
for(var r=0u;r<ROWS;r++){
if row+r<params.rows{
let sum=sums[r*COLUMNS+c][q];
store(row+r,column+4*c+q,outBase,residualBase,sum,shift);
}
}
}
}
}
`,
  };

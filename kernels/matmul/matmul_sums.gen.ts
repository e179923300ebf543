import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from matmul_sums.wgsl: do not edit.
/** Bindings and uniforms of `matmul_sums`. */
export type MatmulSumsArgs = {
    readonly partials: Tensor<"f32">;
    readonly bias: Tensor<"f32">;
    readonly residual: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly heads: number; readonly splits: number; readonly partial: number; readonly scale: number; readonly outBase: number; readonly outImage: number; readonly outHead: number; readonly outRow: number; readonly residualImage: number; readonly residualRow: number };
  };

/** See matmul_sums.wgsl. */
export const matmulSumsKernel: Kernel<MatmulSumsArgs> = {
    "name": "matmul_sums",
    "bindings": [
      {
        "name": "partials",
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
        "name": "heads",
        "type": "u32"
      },
      {
        "name": "splits",
        "type": "u32"
      },
      {
        "name": "partial",
        "type": "u32"
      },
      {
        "name": "scale",
        "type": "f32"
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
      }
    ],
    "overrides": {
      "WORKGROUP": 64,
      "BIAS": 0,
      "RESIDUAL": 0,
      "GELU": 0,
      "RELU": 0
    },
    "requires": [],
    "source": `










override WORKGROUP:u32=64;
override BIAS:u32=0;
override RESIDUAL:u32=0;
override GELU:u32=0;
override RELU:u32=0;

struct Params{
rows:u32,columns:u32,heads:u32,splits:u32,partial:u32,scale:f32,
outBase:u32,outImage:u32,outHead:u32,outRow:u32,
residualImage:u32,residualRow:u32,
}

@group(0)@binding(0)var<storage,read>partials:array<f32>;
@group(0)@binding(1)var<storage,read>bias:array<f32>;
@group(0)@binding(2)var<storage,read>residual:array<f32>;
@group(0)@binding(3)var<storage,read_write>out:array<f32>;
@group(0)@binding(4)var<uniform>params:Params;


fn gelu(x:f32)->f32{
let z=abs(x)*0.70710678;
let t=1/(1+0.3275911*z);
let series=
((((1.061405429*t-1.453152027)*t+1.421413741)*t-0.284496736)*t+0.254829592)*t;
return 0.5*x*(1+sign(x)*(1-series*exp(-z*z)));
}

@compute@workgroup_size(WORKGROUP)
fn matmul_sums(@builtin(global_invocation_id)id:vec3u){
let column=id.x;
let row=id.y;
if column>=params.columns{return;}
let head=id.z%params.heads;
let image=id.z/params.heads;
let first=(id.z*params.rows+row)*params.columns+column;
var sum=0f;
for(var s=0u;s<params.splits;s++){sum+=partials[s*params.partial+first];}
var value=params.scale*sum;
if BIAS==1{value+=bias[column];}
if GELU==1{value=gelu(value);}
if RESIDUAL==1{
value+=residual[image*params.residualImage+row*params.residualRow+column];
}
if RELU==1{value=max(value,0);}
let base=params.outBase+image*params.outImage+head*params.outHead;
out[base+row*params.outRow+column]=value;
}
`,
  };

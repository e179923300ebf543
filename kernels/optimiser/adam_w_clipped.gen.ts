import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from adam_w_clipped.wgsl: do not edit.
/** Bindings and uniforms of `adam_w_clipped`. */
export type AdamWClippedArgs = {
    readonly norm: Tensor<"u32">;
    readonly gradient: Tensor<"f32">;
    readonly mean: Tensor<"f32">;
    readonly square: Tensor<"f32">;
    readonly parameter: Tensor<"f32">;
    readonly params: { readonly quads: number; readonly stride: number; readonly keep: number; readonly rate: number; readonly root: number; readonly epsilon: number; readonly beta1: number; readonly beta2: number; readonly rest1: number; readonly rest2: number; readonly limit: number };
  };

/** See adam_w_clipped.wgsl. */
export const adamWClippedKernel: Kernel<AdamWClippedArgs> = {
    "name": "adam_w_clipped",
    "bindings": [
      {
        "name": "norm",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "gradient",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "mean",
        "access": "read_write",
        "dtype": "f32"
      },
      {
        "name": "square",
        "access": "read_write",
        "dtype": "f32"
      },
      {
        "name": "parameter",
        "access": "read_write",
        "dtype": "f32"
      }
    ],
    "params": [
      {
        "name": "quads",
        "type": "u32"
      },
      {
        "name": "stride",
        "type": "u32"
      },
      {
        "name": "keep",
        "type": "f32"
      },
      {
        "name": "rate",
        "type": "f32"
      },
      {
        "name": "root",
        "type": "f32"
      },
      {
        "name": "epsilon",
        "type": "f32"
      },
      {
        "name": "beta1",
        "type": "f32"
      },
      {
        "name": "beta2",
        "type": "f32"
      },
      {
        "name": "rest1",
        "type": "f32"
      },
      {
        "name": "rest2",
        "type": "f32"
      },
      {
        "name": "limit",
        "type": "f32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `

















override WORKGROUP:u32=64;
const EXPONENT=0x7f800000u;

struct Params{
quads:u32,stride:u32,keep:f32,rate:f32,root:f32,epsilon:f32,
beta1:f32,beta2:f32,rest1:f32,rest2:f32,limit:f32,
}

@group(0)@binding(0)var<storage,read>norm:array<u32>;

@group(0)@binding(1)var<storage,read>gradient:array<vec4f>;
@group(0)@binding(2)var<storage,read_write>mean:array<vec4f>;
@group(0)@binding(3)var<storage,read_write>square:array<vec4f>;
@group(0)@binding(4)var<storage,read_write>parameter:array<vec4f>;
@group(0)@binding(5)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn adam_w_clipped(@builtin(global_invocation_id)id:vec3u){
let i=id.x+id.y*params.stride;
if i>=params.quads||(norm[0]&EXPONENT)==EXPONENT{return;}
let g=gradient[i]*min(1,params.limit/(bitcast<f32>(norm[0])+1e-6));
let m=params.beta1*mean[i]+params.rest1*g;
let v=params.beta2*square[i]+params.rest2*g*g;
mean[i]=m;
square[i]=v;
let step=params.rate*m/(sqrt(v)/params.root+params.epsilon);
parameter[i]=params.keep*parameter[i]-step;
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from adam_w.wgsl: do not edit.
/** Bindings and uniforms of `adam_w`. */
export type AdamWArgs = {
    readonly gradient: Tensor<"f32">;
    readonly mean: Tensor<"f32">;
    readonly square: Tensor<"f32">;
    readonly parameter: Tensor<"f32">;
    readonly params: { readonly quads: number; readonly stride: number; readonly keep: number; readonly rate: number; readonly root: number; readonly epsilon: number; readonly beta1: number; readonly beta2: number; readonly rest1: number; readonly rest2: number };
  };

/** See adam_w.wgsl. */
export const adamWKernel: Kernel<AdamWArgs> = {
    "name": "adam_w",
    "bindings": [
      {
        "name": "gradient",
        "access": "read",
        "dtype": "f32"
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
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `













override WORKGROUP:u32=64;

struct Params{
quads:u32,stride:u32,keep:f32,rate:f32,root:f32,epsilon:f32,
beta1:f32,beta2:f32,rest1:f32,rest2:f32,
}

@group(0)@binding(0)var<storage,read>gradient:array<vec4f>;
@group(0)@binding(1)var<storage,read_write>mean:array<vec4f>;
@group(0)@binding(2)var<storage,read_write>square:array<vec4f>;
@group(0)@binding(3)var<storage,read_write>parameter:array<vec4f>;
@group(0)@binding(4)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn adam_w(@builtin(global_invocation_id)id:vec3u){
let i=id.x+id.y*params.stride;
if i>=params.quads{return;}
let g=gradient[i];
let m=params.beta1*mean[i]+params.rest1*g;
let v=params.beta2*square[i]+params.rest2*g*g;
mean[i]=m;
square[i]=v;
let step=params.rate*m/(sqrt(v)/params.root+params.epsilon);
parameter[i]=params.keep*parameter[i]-step;
}
`,
  };

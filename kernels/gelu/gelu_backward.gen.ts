import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from gelu_backward.wgsl: do not edit.
/** Bindings and uniforms of `gelu_backward`. */
export type GeluBackwardArgs = {
    readonly dOut: Tensor<"f32">;
    readonly x: Tensor<"f32">;
    readonly dx: Tensor<"f32">;
    readonly params: { readonly quads: number; readonly row: number };
  };

/** See gelu_backward.wgsl. */
export const geluBackwardKernel: Kernel<GeluBackwardArgs> = {
    "name": "gelu_backward",
    "bindings": [
      {
        "name": "dOut",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "x",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "dx",
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
        "name": "row",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `







override WORKGROUP:u32=64;

struct Params{quads:u32,row:u32}


@group(0)@binding(0)var<storage,read>dOut:array<vec4f>;

@group(0)@binding(1)var<storage,read>x:array<vec4f>;
@group(0)@binding(2)var<storage,read_write>dx:array<vec4f>;
@group(0)@binding(3)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn gelu_backward(@builtin(global_invocation_id)id:vec3u){
let i=id.x+id.y*params.row;
if i>=params.quads{return;}

let value=x[i];
let z=abs(value)*0.70710678;
let t=1/(1+0.3275911*z);
let series=
((((1.061405429*t-1.453152027)*t+1.421413741)*t-0.284496736)*t+0.254829592)*t;
let bell=exp(-z*z);
let share=0.5*(1+sign(value)*(1-series*bell));
dx[i]=dOut[i]*(share+0.39894228*value*bell);
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from gelu.wgsl: do not edit.
/** Bindings and uniforms of `gelu`. */
export type GeluArgs = {
    readonly x: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly quads: number; readonly row: number };
  };

/** See gelu.wgsl. */
export const geluKernel: Kernel<GeluArgs> = {
    "name": "gelu",
    "bindings": [
      {
        "name": "x",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "out",
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


@group(0)@binding(0)var<storage,read>x:array<vec4f>;
@group(0)@binding(1)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn gelu(@builtin(global_invocation_id)id:vec3u){
let i=id.x+id.y*params.row;
if i>=params.quads{return;}

let value=x[i];
let z=abs(value)*0.70710678;
let t=1/(1+0.3275911*z);
let series=
((((1.061405429*t-1.453152027)*t+1.421413741)*t-0.284496736)*t+0.254829592)*t;
out[i]=0.5*value*(1+sign(value)*(1-series*exp(-z*z)));
}
`,
  };

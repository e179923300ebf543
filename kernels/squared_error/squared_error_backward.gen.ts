import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from squared_error_backward.wgsl: do not edit.
/** Bindings and uniforms of `squared_error_backward`. */
export type SquaredErrorBackwardArgs = {
    readonly x: Tensor<"f32">;
    readonly wanted: Tensor<"f32">;
    readonly dx: Tensor<"f32">;
    readonly params: { readonly quads: number; readonly row: number; readonly factor: number };
  };

/** See squared_error_backward.wgsl. */
export const squaredErrorBackwardKernel: Kernel<SquaredErrorBackwardArgs> = {
    "name": "squared_error_backward",
    "bindings": [
      {
        "name": "x",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "wanted",
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
      },
      {
        "name": "factor",
        "type": "f32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `







override WORKGROUP:u32=64;

struct Params{quads:u32,row:u32,factor:f32}


@group(0)@binding(0)var<storage,read>x:array<vec4f>;

@group(0)@binding(1)var<storage,read>wanted:array<vec4f>;
@group(0)@binding(2)var<storage,read_write>dx:array<vec4f>;
@group(0)@binding(3)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn squared_error_backward(@builtin(global_invocation_id)id:vec3u){
let i=id.x+id.y*params.row;
if i>=params.quads{return;}
dx[i]=params.factor*(x[i]-wanted[i]);
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from moving_average.wgsl: do not edit.
/** Bindings and uniforms of `moving_average`. */
export type MovingAverageArgs = {
    readonly x: Tensor<"f32">;
    readonly average: Tensor<"f32">;
    readonly params: { readonly quads: number; readonly stride: number; readonly keep: number; readonly rest: number };
  };

/** See moving_average.wgsl. */
export const movingAverageKernel: Kernel<MovingAverageArgs> = {
    "name": "moving_average",
    "bindings": [
      {
        "name": "x",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "average",
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
        "name": "rest",
        "type": "f32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `







override WORKGROUP:u32=64;

struct Params{quads:u32,stride:u32,keep:f32,rest:f32}

@group(0)@binding(0)var<storage,read>x:array<vec4f>;
@group(0)@binding(1)var<storage,read_write>average:array<vec4f>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn moving_average(@builtin(global_invocation_id)id:vec3u){
let i=id.x+id.y*params.stride;
if i<params.quads{average[i]=params.keep*average[i]+params.rest*x[i];}
}
`,
  };

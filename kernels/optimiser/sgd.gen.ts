import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from sgd.wgsl: do not edit.
/** Bindings and uniforms of `sgd`. */
export type SgdArgs = {
    readonly gradient: Tensor<"f32">;
    readonly velocity: Tensor<"f32">;
    readonly parameter: Tensor<"f32">;
    readonly params: { readonly quads: number; readonly stride: number; readonly rate: number; readonly momentum: number; readonly weightDecay: number };
  };

/** See sgd.wgsl. */
export const sgdKernel: Kernel<SgdArgs> = {
    "name": "sgd",
    "bindings": [
      {
        "name": "gradient",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "velocity",
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
        "name": "rate",
        "type": "f32"
      },
      {
        "name": "momentum",
        "type": "f32"
      },
      {
        "name": "weightDecay",
        "type": "f32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `











override WORKGROUP:u32=64;

struct Params{quads:u32,stride:u32,rate:f32,momentum:f32,weightDecay:f32}


@group(0)@binding(0)var<storage,read>gradient:array<vec4f>;
@group(0)@binding(1)var<storage,read_write>velocity:array<vec4f>;
@group(0)@binding(2)var<storage,read_write>parameter:array<vec4f>;
@group(0)@binding(3)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn sgd(@builtin(global_invocation_id)id:vec3u){
let i=id.x+id.y*params.stride;
if i>=params.quads{return;}
let d=gradient[i]+params.weightDecay*parameter[i];
let v=params.momentum*velocity[i]+d;
velocity[i]=v;
parameter[i]-=params.rate*v;
}
`,
  };

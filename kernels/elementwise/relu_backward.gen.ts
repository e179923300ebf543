import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from relu_backward.wgsl: do not edit.
/** Bindings and uniforms of `relu_backward`. */
export type ReluBackwardArgs = {
    readonly dOut: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly dx: Tensor<"f32">;
    readonly params: { readonly quads: number; readonly row: number };
  };

/** See relu_backward.wgsl. */
export const reluBackwardKernel: Kernel<ReluBackwardArgs> = {
    "name": "relu_backward",
    "bindings": [
      {
        "name": "dOut",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "out",
        "access": "read",
        "dtype": "f32"
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
@group(0)@binding(1)var<storage,read>out:array<vec4f>;
@group(0)@binding(2)var<storage,read_write>dx:array<vec4f>;
@group(0)@binding(3)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn relu_backward(@builtin(global_invocation_id)id:vec3u){
let i=id.x+id.y*params.row;
if i>=params.quads{return;}
dx[i]=select(vec4f(),dOut[i],out[i]>vec4f());
}
`,
  };

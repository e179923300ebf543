import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from add_to.wgsl: do not edit.
/** Bindings and uniforms of `add_to`. */
export type AddToArgs = {
    readonly x: Tensor<"f32">;
    readonly total: Tensor<"f32">;
    readonly params: { readonly quads: number; readonly stride: number };
  };

/** See add_to.wgsl. */
export const addToKernel: Kernel<AddToArgs> = {
    "name": "add_to",
    "bindings": [
      {
        "name": "x",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "total",
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
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `






override WORKGROUP:u32=64;

struct Params{quads:u32,stride:u32}


@group(0)@binding(0)var<storage,read>x:array<vec4f>;
@group(0)@binding(1)var<storage,read_write>total:array<vec4f>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn add_to(@builtin(global_invocation_id)id:vec3u){
let i=id.x+id.y*params.stride;
if i<params.quads{total[i]+=x[i];}
}
`,
  };

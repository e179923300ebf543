import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from pack_halves.wgsl: do not edit.
/** Bindings and uniforms of `pack_halves`. */
export type PackHalvesArgs = {
    readonly x: Tensor<"f32">;
    readonly halves: Tensor<"u32">;
    readonly params: { readonly words: number; readonly row: number };
  };

/** See pack_halves.wgsl. */
export const packHalvesKernel: Kernel<PackHalvesArgs> = {
    "name": "pack_halves",
    "bindings": [
      {
        "name": "x",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "halves",
        "access": "read_write",
        "dtype": "u32"
      }
    ],
    "params": [
      {
        "name": "words",
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

struct Params{words:u32,row:u32}

@group(0)@binding(0)var<storage,read>x:array<vec2f>;
@group(0)@binding(1)var<storage,read_write>halves:array<u32>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn pack_halves(@builtin(global_invocation_id)id:vec3u){
let i=id.x+id.y*params.row;
if i<params.words{halves[i]=pack2x16float(x[i]);}
}
`,
  };

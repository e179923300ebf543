import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from gather_rows.wgsl: do not edit.
/** Bindings and uniforms of `gather_rows`. */
export type GatherRowsArgs = {
    readonly x: Tensor<"f32">;
    readonly index: Tensor<"u32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly count: number; readonly columns: number; readonly stride: number };
  };

/** See gather_rows.wgsl. */
export const gatherRowsKernel: Kernel<GatherRowsArgs> = {
    "name": "gather_rows",
    "bindings": [
      {
        "name": "x",
        "access": "read",
        "dtype": "f32",
        "texels": "r32float"
      },
      {
        "name": "index",
        "access": "read",
        "dtype": "u32",
        "texels": "r32uint"
      },
      {
        "name": "out",
        "access": "read_write",
        "dtype": "f32"
      }
    ],
    "params": [
      {
        "name": "count",
        "type": "u32"
      },
      {
        "name": "columns",
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

struct Params{count:u32,columns:u32,stride:u32}


@group(0)@binding(0)var<storage,read>x:array<f32>;

@group(0)@binding(1)var<storage,read>index:array<u32>;
@group(0)@binding(2)var<storage,read_write>out:array<f32>;
@group(0)@binding(3)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn gather_rows(@builtin(global_invocation_id)id:vec3u){
let at=id.x+id.y*params.stride;
if at>=params.count*params.columns{return;}
out[at]=x[index[at/params.columns]*params.columns+at%params.columns];
}
`,
  };

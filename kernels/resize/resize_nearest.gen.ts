import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from resize_nearest.wgsl: do not edit.
/** Bindings and uniforms of `resize_nearest`. */
export type ResizeNearestArgs = {
    readonly image: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly out_rows: number; readonly out_columns: number };
  };

/** See resize_nearest.wgsl. */
export const resizeNearestKernel: Kernel<ResizeNearestArgs> = {
    "name": "resize_nearest",
    "bindings": [
      {
        "name": "image",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "out",
        "access": "read_write",
        "dtype": "f32"
      }
    ],
    "params": [
      {
        "name": "rows",
        "type": "u32"
      },
      {
        "name": "columns",
        "type": "u32"
      },
      {
        "name": "out_rows",
        "type": "u32"
      },
      {
        "name": "out_columns",
        "type": "u32"
      }
    ],
    "overrides": {
      "TILE": 8
    },
    "requires": [],
    "source": `







override TILE:u32=8;

struct Params{rows:u32,columns:u32,out_rows:u32,out_columns:u32}

@group(0)@binding(0)var<storage,read>image:array<f32>;
@group(0)@binding(1)var<storage,read_write>out:array<f32>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(TILE,TILE)
fn resize_nearest(@builtin(global_invocation_id)id:vec3u){
if id.x>=params.out_columns||id.y>=params.out_rows{return;}
let y=id.y*params.rows/params.out_rows;
let x=id.x*params.columns/params.out_columns;
let value=image[(id.z*params.rows+y)*params.columns+x];
out[(id.z*params.out_rows+id.y)*params.out_columns+id.x]=value;
}
`,
  };

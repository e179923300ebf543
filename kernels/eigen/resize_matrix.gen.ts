import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from resize_matrix.wgsl: do not edit.
/** Bindings and uniforms of `resize_matrix`. */
export type ResizeMatrixArgs = {
    readonly x: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly out_rows: number; readonly out_columns: number };
  };

/** See resize_matrix.wgsl. */
export const resizeMatrixKernel: Kernel<ResizeMatrixArgs> = {
    "name": "resize_matrix",
    "bindings": [
      {
        "name": "x",
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
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `






override WORKGROUP:u32=64;

struct Params{rows:u32,columns:u32,out_rows:u32,out_columns:u32}

@group(0)@binding(0)var<storage,read>x:array<f32>;
@group(0)@binding(1)var<storage,read_write>out:array<f32>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn resize_matrix(
@builtin(global_invocation_id)id:vec3u,
@builtin(workgroup_id)group:vec3u,
){
let size=params.out_rows*params.out_columns;
if id.x>=size{return;}
let image=group.y;
let i=id.x/params.out_columns;
let j=id.x%params.out_columns;
var value=0.0;
if i<params.rows&&j<params.columns{
value=x[(image*params.rows+i)*params.columns+j];
}
out[image*size+id.x]=value;
}
`,
  };

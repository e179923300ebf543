import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from sinkhorn_assign.wgsl: do not edit.
/** Bindings and uniforms of `sinkhorn_assign`. */
export type SinkhornAssignArgs = {
    readonly x: Tensor<"f32">;
    readonly ofRow: Tensor<"f32">;
    readonly ofColumn: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly count: number; readonly row: number; readonly columns: number; readonly sharpness: number };
  };

/** See sinkhorn_assign.wgsl. */
export const sinkhornAssignKernel: Kernel<SinkhornAssignArgs> = {
    "name": "sinkhorn_assign",
    "bindings": [
      {
        "name": "x",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "ofRow",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "ofColumn",
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
        "name": "count",
        "type": "u32"
      },
      {
        "name": "row",
        "type": "u32"
      },
      {
        "name": "columns",
        "type": "u32"
      },
      {
        "name": "sharpness",
        "type": "f32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `








override WORKGROUP:u32=64;

struct Params{count:u32,row:u32,columns:u32,sharpness:f32}

@group(0)@binding(0)var<storage,read>x:array<f32>;
@group(0)@binding(1)var<storage,read>ofRow:array<f32>;
@group(0)@binding(2)var<storage,read>ofColumn:array<f32>;
@group(0)@binding(3)var<storage,read_write>out:array<f32>;
@group(0)@binding(4)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn sinkhorn_assign(@builtin(global_invocation_id)id:vec3u){
let at=id.x+id.y*params.row;
if at>=params.count{return;}
let factors=ofRow[at/params.columns]+ofColumn[at%params.columns];
out[at]=exp(params.sharpness*x[at]+factors);
}
`,
  };

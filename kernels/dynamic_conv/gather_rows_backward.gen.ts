import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from gather_rows_backward.wgsl: do not edit.
/** Bindings and uniforms of `gather_rows_backward`. */
export type GatherRowsBackwardArgs = {
    readonly dOut: Tensor<"f32">;
    readonly starts: Tensor<"u32">;
    readonly order: Tensor<"u32">;
    readonly dx: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly stride: number };
  };

/** See gather_rows_backward.wgsl. */
export const gatherRowsBackwardKernel: Kernel<GatherRowsBackwardArgs> = {
    "name": "gather_rows_backward",
    "bindings": [
      {
        "name": "dOut",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "starts",
        "access": "read",
        "dtype": "u32",
        "texels": "r32uint"
      },
      {
        "name": "order",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "dx",
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

struct Params{rows:u32,columns:u32,stride:u32}

@group(0)@binding(0)var<storage,read>dOut:array<f32>;

@group(0)@binding(1)var<storage,read>starts:array<u32>;
@group(0)@binding(2)var<storage,read>order:array<u32>;
@group(0)@binding(3)var<storage,read_write>dx:array<f32>;
@group(0)@binding(4)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn gather_rows_backward(@builtin(global_invocation_id)id:vec3u){
let at=id.x+id.y*params.stride;
if at>=params.rows*params.columns{return;}
let i=at/params.columns;
let c=at%params.columns;
var sum=0f;
for(var s=starts[i];s<starts[i+1];s++){sum+=dOut[order[s]*params.columns+c];}
dx[at]=sum;
}
`,
  };

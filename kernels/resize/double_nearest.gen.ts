import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from double_nearest.wgsl: do not edit.
/** Bindings and uniforms of `double_nearest`. */
export type DoubleNearestArgs = {
    readonly features: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly count: number; readonly row: number; readonly columns: number; readonly quads: number };
  };

/** See double_nearest.wgsl. */
export const doubleNearestKernel: Kernel<DoubleNearestArgs> = {
    "name": "double_nearest",
    "bindings": [
      {
        "name": "features",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
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
        "name": "quads",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `







override WORKGROUP:u32=64;

struct Params{count:u32,row:u32,columns:u32,quads:u32}


@group(0)@binding(0)var<storage,read>features:array<vec4f>;
@group(0)@binding(1)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn double_nearest(@builtin(global_invocation_id)id:vec3u){
let index=id.x+id.y*params.row;
if index>=params.count{return;}
let pixel=index/params.quads;

let line=pixel/(2*params.columns)/2;
let x=pixel%(2*params.columns)/2;
out[index]=features[(line*params.columns+x)*params.quads+index%params.quads];
}
`,
  };

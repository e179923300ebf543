import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from double_nearest_backward.wgsl: do not edit.
/** Bindings and uniforms of `double_nearest_backward`. */
export type DoubleNearestBackwardArgs = {
    readonly dOut: Tensor<"f32">;
    readonly dx: Tensor<"f32">;
    readonly params: { readonly count: number; readonly row: number; readonly columns: number; readonly quads: number };
  };

/** See double_nearest_backward.wgsl. */
export const doubleNearestBackwardKernel: Kernel<DoubleNearestBackwardArgs> = {
    "name": "double_nearest_backward",
    "bindings": [
      {
        "name": "dOut",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "dx",
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


@group(0)@binding(0)var<storage,read>dOut:array<vec4f>;
@group(0)@binding(1)var<storage,read_write>dx:array<vec4f>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn double_nearest_backward(@builtin(global_invocation_id)id:vec3u){
let index=id.x+id.y*params.row;
if index>=params.count{return;}
let pixel=index/params.quads;

let corner=pixel/params.columns*4*params.columns+2*(pixel%params.columns);
let upper=corner*params.quads+index%params.quads;
let lower=upper+2*params.columns*params.quads;
dx[index]=(dOut[upper]+dOut[upper+params.quads])+
(dOut[lower]+dOut[lower+params.quads]);
}
`,
  };

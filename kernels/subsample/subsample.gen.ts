import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from subsample.wgsl: do not edit.
/** Bindings and uniforms of `subsample`. */
export type SubsampleArgs = {
    readonly x: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly count: number; readonly row: number; readonly rows: number; readonly columns: number; readonly quads: number };
  };

/** See subsample.wgsl. */
export const subsampleKernel: Kernel<SubsampleArgs> = {
    "name": "subsample",
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
        "name": "count",
        "type": "u32"
      },
      {
        "name": "row",
        "type": "u32"
      },
      {
        "name": "rows",
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

struct Params{count:u32,row:u32,rows:u32,columns:u32,quads:u32}

@group(0)@binding(0)var<storage,read>x:array<vec4f>;
@group(0)@binding(1)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn subsample(@builtin(global_invocation_id)id:vec3u){
let index=id.x+id.y*params.row;
if index>=params.count{return;}
let outRows=(params.rows+1)/2;
let outColumns=(params.columns+1)/2;
let pixel=index/params.quads;
let line=pixel/outColumns;
let at=(line/outRows*params.rows+2*(line%outRows))*params.columns+
2*(pixel%outColumns);
out[index]=x[at*params.quads+index%params.quads];
}
`,
  };

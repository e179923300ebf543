import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from subsample_backward.wgsl: do not edit.
/** Bindings and uniforms of `subsample_backward`. */
export type SubsampleBackwardArgs = {
    readonly dOut: Tensor<"f32">;
    readonly dx: Tensor<"f32">;
    readonly params: { readonly count: number; readonly row: number; readonly rows: number; readonly columns: number; readonly quads: number };
  };

/** See subsample_backward.wgsl. */
export const subsampleBackwardKernel: Kernel<SubsampleBackwardArgs> = {
    "name": "subsample_backward",
    "bindings": [
      {
        "name": "dOut",
        "access": "read",
        "dtype": "f32"
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

@group(0)@binding(0)var<storage,read>dOut:array<vec4f>;
@group(0)@binding(1)var<storage,read_write>dx:array<vec4f>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn subsample_backward(@builtin(global_invocation_id)id:vec3u){
let index=id.x+id.y*params.row;
if index>=params.count{return;}
let pixel=index/params.quads;
let line=pixel/params.columns;
let y=line%params.rows;
let x=pixel%params.columns;
var value=vec4f();
if(y|x)%2==0{
let outRow=line/params.rows*((params.rows+1)/2)+y/2;
let at=outRow*((params.columns+1)/2)+x/2;
value=dOut[at*params.quads+index%params.quads];
}
dx[index]=value;
}
`,
  };

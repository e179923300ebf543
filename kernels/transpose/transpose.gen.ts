import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from transpose.wgsl: do not edit.
/** Bindings and uniforms of `transpose`. */
export type TransposeArgs = {
    readonly x: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly pitch: number; readonly heads: number; readonly xBase: number; readonly xImage: number; readonly xHead: number; readonly xRow: number };
  };

/** See transpose.wgsl. */
export const transposeKernel: Kernel<TransposeArgs> = {
    "name": "transpose",
    "bindings": [
      {
        "name": "x",
        "access": "read",
        "dtype": "f32",
        "texels": "r32float"
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
        "name": "pitch",
        "type": "u32"
      },
      {
        "name": "heads",
        "type": "u32"
      },
      {
        "name": "xBase",
        "type": "u32"
      },
      {
        "name": "xImage",
        "type": "u32"
      },
      {
        "name": "xHead",
        "type": "u32"
      },
      {
        "name": "xRow",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP_X": 64,
      "WORKGROUP_Y": 1
    },
    "requires": [],
    "source": `







override WORKGROUP_X:u32=64;
override WORKGROUP_Y:u32=1;

const LENGTH=4u;

struct Params{
rows:u32,columns:u32,pitch:u32,heads:u32,
xBase:u32,xImage:u32,xHead:u32,xRow:u32,
}


@group(0)@binding(0)var<storage,read>x:array<f32>;
@group(0)@binding(1)var<storage,read_write>out:array<f32>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP_X,WORKGROUP_Y)
fn transpose(@builtin(global_invocation_id)id:vec3u){
let i=id.x;
if i>=params.pitch{return;}
let image=id.z/params.heads;
let head=id.z%params.heads;
let base=params.xBase+image*params.xImage+head*params.xHead+i*params.xRow;
let outBase=id.z*params.columns*params.pitch+i;
let first=id.y*LENGTH;
for(var j=first;j<min(first+LENGTH,params.columns);j++){
var value=0f;
if i<params.rows{value=x[base+j];}
out[outBase+j*params.pitch]=value;
}
}
`,
  };

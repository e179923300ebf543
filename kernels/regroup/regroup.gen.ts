import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from regroup.wgsl: do not edit.
/** Bindings and uniforms of `regroup`. */
export type RegroupArgs = {
    readonly x: Tensor<"f32">;
    readonly term: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly count: number; readonly lane: number; readonly rows: number; readonly columns: number; readonly terms: number; readonly base: number; readonly image: number; readonly row: number; readonly width: number; readonly group: number };
  };

/** See regroup.wgsl. */
export const regroupKernel: Kernel<RegroupArgs> = {
    "name": "regroup",
    "bindings": [
      {
        "name": "x",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "term",
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
        "name": "lane",
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
        "name": "terms",
        "type": "u32"
      },
      {
        "name": "base",
        "type": "u32"
      },
      {
        "name": "image",
        "type": "u32"
      },
      {
        "name": "row",
        "type": "u32"
      },
      {
        "name": "width",
        "type": "u32"
      },
      {
        "name": "group",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `







override WORKGROUP:u32=64;

struct Params{
count:u32,lane:u32,rows:u32,columns:u32,terms:u32,
base:u32,image:u32,row:u32,width:u32,group:u32,
}

@group(0)@binding(0)var<storage,read>x:array<f32>;
@group(0)@binding(1)var<storage,read>term:array<f32>;
@group(0)@binding(2)var<storage,read_write>out:array<f32>;
@group(0)@binding(3)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn regroup(@builtin(global_invocation_id)id:vec3u){
let index=id.x+id.y*params.lane;
if index>=params.count{return;}
let c=index%params.columns;
let line=index/params.columns;
let r=line%params.rows;
let at=params.base+line/params.rows*params.image+r*params.row;
var value=x[at+c/params.width*params.group+c%params.width];
if params.terms>0{value+=term[r*params.columns+c];}
out[index]=value;
}
`,
  };

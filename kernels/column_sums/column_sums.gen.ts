import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from column_sums.wgsl: do not edit.
/** Bindings and uniforms of `column_sums`. */
export type ColumnSumsArgs = {
    readonly x: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly count: number; readonly row: number; readonly rows: number; readonly quads: number; readonly sliceRows: number };
  };

/** See column_sums.wgsl. */
export const columnSumsKernel: Kernel<ColumnSumsArgs> = {
    "name": "column_sums",
    "bindings": [
      {
        "name": "x",
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
        "name": "rows",
        "type": "u32"
      },
      {
        "name": "quads",
        "type": "u32"
      },
      {
        "name": "sliceRows",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `






override WORKGROUP:u32=64;

struct Params{count:u32,row:u32,rows:u32,quads:u32,sliceRows:u32}


@group(0)@binding(0)var<storage,read>x:array<vec4f>;
@group(0)@binding(1)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn column_sums(@builtin(global_invocation_id)id:vec3u){
let index=id.x+id.y*params.row;
if index>=params.count{return;}
let first=index/params.quads*params.sliceRows;
let last=min(first+params.sliceRows,params.rows);
let quad=index%params.quads;
var sum=vec4f();
for(var i=first;i<last;i++){sum+=x[i*params.quads+quad];}
out[index]=sum;
}
`,
  };

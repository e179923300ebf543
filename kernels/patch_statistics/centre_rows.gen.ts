import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from centre_rows.wgsl: do not edit.
/** Bindings and uniforms of `centre_rows`. */
export type CentreRowsArgs = {
    readonly x: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number };
  };

/** See centre_rows.wgsl. */
export const centreRowsKernel: Kernel<CentreRowsArgs> = {
    "name": "centre_rows",
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
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `






override WORKGROUP:u32=64;

struct Params{rows:u32,columns:u32}

@group(0)@binding(0)var<storage,read>x:array<f32>;
@group(0)@binding(1)var<storage,read_write>out:array<f32>;
@group(0)@binding(2)var<uniform>params:Params;

var<workgroup>sums:array<f32,WORKGROUP>;

@compute@workgroup_size(WORKGROUP)
fn centre_rows(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_id)lane:vec3u,
){
let first=group.y*params.rows*params.columns+group.x;
for(var i=lane.x;i<params.rows;i+=WORKGROUP){
sums[lane.x]+=x[first+i*params.columns];
}
for(var width=WORKGROUP/2;width>0;width/=2){
workgroupBarrier();
if lane.x<width{sums[lane.x]+=sums[lane.x+width];}
}
workgroupBarrier();
let mean=sums[0]/f32(params.rows);
for(var i=lane.x;i<params.rows;i+=WORKGROUP){
let at=first+i*params.columns;
out[at]=x[at]-mean;
}
}
`,
  };

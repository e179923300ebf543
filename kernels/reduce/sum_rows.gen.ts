import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from sum_rows.wgsl: do not edit.
/** Bindings and uniforms of `sum_rows`. */
export type SumRowsArgs = {
    readonly x: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly columns: number; readonly scale: number };
  };

/** See sum_rows.wgsl. */
export const sumRowsKernel: Kernel<SumRowsArgs> = {
    "name": "sum_rows",
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
        "name": "columns",
        "type": "u32"
      },
      {
        "name": "scale",
        "type": "f32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64,
      "ROOT": 0
    },
    "requires": [],
    "source": `






override WORKGROUP:u32=64;
override ROOT:u32=0;

struct Params{columns:u32,scale:f32}

@group(0)@binding(0)var<storage,read>x:array<f32>;
@group(0)@binding(1)var<storage,read_write>out:array<f32>;
@group(0)@binding(2)var<uniform>params:Params;

var<workgroup>sums:array<f32,WORKGROUP>;

@compute@workgroup_size(WORKGROUP)
fn sum_rows(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)lane:u32,
){
let first=group.x*params.columns;
var sum=0f;
for(var j=lane;j<params.columns;j+=WORKGROUP){sum+=x[first+j];}
sums[lane]=sum;
for(var width=WORKGROUP/2;width>0;width/=2){
workgroupBarrier();
if lane<width{sums[lane]+=sums[lane+width];}
}
if lane==0{
let scaled=params.scale*sums[0];
out[group.x]=select(scaled,sqrt(scaled),ROOT==1);
}
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from squared_error.wgsl: do not edit.
/** Bindings and uniforms of `squared_error`. */
export type SquaredErrorArgs = {
    readonly x: Tensor<"f32">;
    readonly wanted: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly count: number; readonly stride: number };
  };

/** See squared_error.wgsl. */
export const squaredErrorKernel: Kernel<SquaredErrorArgs> = {
    "name": "squared_error",
    "bindings": [
      {
        "name": "x",
        "access": "read",
        "dtype": "f32",
        "texels": "r32float"
      },
      {
        "name": "wanted",
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
        "name": "count",
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

struct Params{count:u32,stride:u32}


@group(0)@binding(0)var<storage,read>x:array<f32>;

@group(0)@binding(1)var<storage,read>wanted:array<f32>;
@group(0)@binding(2)var<storage,read_write>out:array<f32>;
@group(0)@binding(3)var<uniform>params:Params;

var<workgroup>sums:array<f32,WORKGROUP>;

@compute@workgroup_size(WORKGROUP)
fn squared_error(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)lane:u32,
){
var sum=0f;
for(var i=group.x*WORKGROUP+lane;i<params.count;i+=params.stride){
let difference=x[i]-wanted[i];
sum+=difference*difference;
}
sums[lane]=sum;
for(var width=WORKGROUP/2;width>0;width/=2){
workgroupBarrier();
if lane<width{sums[lane]+=sums[lane+width];}
}
if lane==0{out[group.x]=sums[0];}
}
`,
  };

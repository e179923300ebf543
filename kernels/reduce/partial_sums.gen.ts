import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from partial_sums.wgsl: do not edit.
/** Bindings and uniforms of `partial_sums`. */
export type PartialSumsArgs = {
    readonly x: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly count: number; readonly first: number; readonly stride: number };
  };

/** See partial_sums.wgsl. */
export const partialSumsKernel: Kernel<PartialSumsArgs> = {
    "name": "partial_sums",
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
        "name": "count",
        "type": "u32"
      },
      {
        "name": "first",
        "type": "u32"
      },
      {
        "name": "stride",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64,
      "SQUARE": 0
    },
    "requires": [],
    "source": `







override WORKGROUP:u32=64;
override SQUARE:u32=0;

struct Params{count:u32,first:u32,stride:u32}


@group(0)@binding(0)var<storage,read>x:array<f32>;
@group(0)@binding(1)var<storage,read_write>out:array<f32>;
@group(0)@binding(2)var<uniform>params:Params;

var<workgroup>sums:array<f32,WORKGROUP>;

@compute@workgroup_size(WORKGROUP)
fn partial_sums(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)lane:u32,
){
var sum=0f;
for(var i=group.x*WORKGROUP+lane;i<params.count;i+=params.stride){
let value=x[i];
sum+=select(value,value*value,SQUARE==1);
}
sums[lane]=sum;
for(var width=WORKGROUP/2;width>0;width/=2){
workgroupBarrier();
if lane<width{sums[lane]+=sums[lane+width];}
}
if lane==0{out[params.first+group.x]=sums[0];}
}
`,
  };

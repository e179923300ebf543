import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from pair_counts.wgsl: do not edit.
/** Bindings and uniforms of `pair_counts`. */
export type PairCountsArgs = {
    readonly bits: Tensor<"u32">;
    readonly profiles: Tensor<"f32">;
    readonly imageOf: Tensor<"u32">;
    readonly counts: Tensor<"u32">;
    readonly params: { readonly width: number; readonly height: number; readonly words: number };
  };

/** See pair_counts.wgsl. */
export const pairCountsKernel: Kernel<PairCountsArgs> = {
    "name": "pair_counts",
    "bindings": [
      {
        "name": "bits",
        "access": "read",
        "dtype": "u32",
        "texels": "r32uint"
      },
      {
        "name": "profiles",
        "access": "read",
        "dtype": "f32",
        "texels": "r32float"
      },
      {
        "name": "imageOf",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "counts",
        "access": "read_write",
        "dtype": "u32"
      }
    ],
    "params": [
      {
        "name": "width",
        "type": "u32"
      },
      {
        "name": "height",
        "type": "u32"
      },
      {
        "name": "words",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `









override WORKGROUP:u32=64;

struct Params{width:u32,height:u32,words:u32}


@group(0)@binding(0)var<storage,read>bits:array<u32>;

@group(0)@binding(1)var<storage,read>profiles:array<f32>;
@group(0)@binding(2)var<storage,read>imageOf:array<u32>;
@group(0)@binding(3)var<storage,read_write>counts:array<u32>;
@group(0)@binding(4)var<uniform>params:Params;

var<workgroup>sums:array<u32,WORKGROUP>;

@compute@workgroup_size(WORKGROUP)
fn pair_counts(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)lane:u32,
){
let m=group.x;
let sides=params.width+params.height;
let first=imageOf[m]*params.words;
var sum=0u;
for(var i=lane;i<params.width*params.height;i+=WORKGROUP){
let x=i%params.width;
let y=i/params.width;
if profiles[2*m*sides+x]*profiles[2*m*sides+params.width+y]>0{
sum+=countOneBits((bits[first+i/4]>>(8*(i%4)))&255);
}
}
sums[lane]=sum;
for(var width=WORKGROUP/2;width>0;width/=2){
workgroupBarrier();
if lane<width{sums[lane]+=sums[lane+width];}
}
if lane==0{counts[m]=sums[0];}
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from mask_statistics.wgsl: do not edit.
/** Bindings and uniforms of `mask_statistics`. */
export type MaskStatisticsArgs = {
    readonly logits: Tensor<"f32">;
    readonly bits: Tensor<"u32">;
    readonly counts: Tensor<"u32">;
    readonly means: Tensor<"f32">;
    readonly params: { readonly pixels: number; readonly words: number; readonly threshold: number };
  };

/** See mask_statistics.wgsl. */
export const maskStatisticsKernel: Kernel<MaskStatisticsArgs> = {
    "name": "mask_statistics",
    "bindings": [
      {
        "name": "logits",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "bits",
        "access": "read_write",
        "dtype": "u32"
      },
      {
        "name": "counts",
        "access": "read_write",
        "dtype": "u32"
      },
      {
        "name": "means",
        "access": "read_write",
        "dtype": "f32"
      }
    ],
    "params": [
      {
        "name": "pixels",
        "type": "u32"
      },
      {
        "name": "words",
        "type": "u32"
      },
      {
        "name": "threshold",
        "type": "f32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `










override WORKGROUP:u32=64;

struct Params{pixels:u32,words:u32,threshold:f32}

@group(0)@binding(0)var<storage,read>logits:array<f32>;
@group(0)@binding(1)var<storage,read_write>bits:array<u32>;
@group(0)@binding(2)var<storage,read_write>counts:array<u32>;
@group(0)@binding(3)var<storage,read_write>means:array<f32>;
@group(0)@binding(4)var<uniform>params:Params;

var<workgroup>set_pixels:array<u32,WORKGROUP>;
var<workgroup>sums:array<f32,WORKGROUP>;


fn sigmoid(t:f32)->f32{
let e=exp(-abs(t));
return select(e,1,t>=0)/(1+e);
}

@compute@workgroup_size(WORKGROUP)
fn mask_statistics(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)lane:u32,
){
let m=group.x;
for(var w=lane;w<params.words;w+=WORKGROUP){
let count=min(32,params.pixels-32*w);
let first=m*params.pixels+32*w;
var word=0u;
var sum=0f;
for(var bit=0u;bit<count;bit++){
let z=logits[first+bit];
if z>params.threshold{
word|=1u<<bit;
sum+=sigmoid(z);
}
}
bits[m*params.words+w]=word;
set_pixels[lane]+=countOneBits(word);
sums[lane]+=sum;
}
for(var width=WORKGROUP/2;width>0;width/=2){
workgroupBarrier();
if lane<width{
set_pixels[lane]+=set_pixels[lane+width];
sums[lane]+=sums[lane+width];
}
}
if lane==0{
counts[m]=set_pixels[0];
means[m]=sums[0]/f32(max(set_pixels[0],1));
}
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from mask_dice.wgsl: do not edit.
/** Bindings and uniforms of `mask_dice`. */
export type MaskDiceArgs = {
    readonly logits: Tensor<"f32">;
    readonly masks: Tensor<"u32">;
    readonly maskOf: Tensor<"u32">;
    readonly weights: Tensor<"f32">;
    readonly values: Tensor<"f32">;
    readonly slopes: Tensor<"f32">;
    readonly params: { readonly pixels: number; readonly words: number };
  };

/** See mask_dice.wgsl. */
export const maskDiceKernel: Kernel<MaskDiceArgs> = {
    "name": "mask_dice",
    "bindings": [
      {
        "name": "logits",
        "access": "read",
        "dtype": "f32",
        "texels": "r32float"
      },
      {
        "name": "masks",
        "access": "read",
        "dtype": "u32",
        "texels": "r32uint"
      },
      {
        "name": "maskOf",
        "access": "read",
        "dtype": "u32",
        "texels": "r32uint"
      },
      {
        "name": "weights",
        "access": "read",
        "dtype": "f32",
        "texels": "r32float"
      },
      {
        "name": "values",
        "access": "read_write",
        "dtype": "f32"
      },
      {
        "name": "slopes",
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
      }
    ],
    "overrides": {
      "WORKGROUP": 256
    },
    "requires": [],
    "source": `













override WORKGROUP:u32=256;
const EPSILON=2e-3;

struct Params{pixels:u32,words:u32}


@group(0)@binding(0)var<storage,read>logits:array<f32>;

@group(0)@binding(1)var<storage,read>masks:array<u32>;

@group(0)@binding(2)var<storage,read>maskOf:array<u32>;

@group(0)@binding(3)var<storage,read>weights:array<f32>;
@group(0)@binding(4)var<storage,read_write>values:array<f32>;
@group(0)@binding(5)var<storage,read_write>slopes:array<vec2f>;
@group(0)@binding(6)var<uniform>params:Params;

var<workgroup>sums:array<vec2f,WORKGROUP>;

@compute@workgroup_size(WORKGROUP)
fn mask_dice(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)lane:u32,
){
let n=group.x;
let first=maskOf[n]*params.words;
var sum=vec2f();
for(var i=lane;i<params.pixels;i+=WORKGROUP){
let p=sigmoid(logits[n*params.pixels+i]);
let t=f32((masks[first+i/32]>>(i%32))&1);
sum+=vec2f(p*t,p*p+t);
}
sums[lane]=sum;
for(var width=WORKGROUP/2;width>0;width/=2){
workgroupBarrier();
if lane<width{sums[lane]+=sums[lane+width];}
}
if lane==0{
let total=sums[0].y+EPSILON;
let ratio=2*sums[0].x/total;
values[n]=weights[n]*(1-ratio);
slopes[n]=2*weights[n]/total*vec2f(-1,ratio);
}
}


fn sigmoid(t:f32)->f32{
let e=exp(-abs(t));
return select(e,1,t>=0)/(1+e);
}
`,
  };

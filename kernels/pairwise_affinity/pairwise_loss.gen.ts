import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from pairwise_loss.wgsl: do not edit.
/** Bindings and uniforms of `pairwise_loss`. */
export type PairwiseLossArgs = {
    readonly logits: Tensor<"f32">;
    readonly bits: Tensor<"u32">;
    readonly profiles: Tensor<"f32">;
    readonly imageOf: Tensor<"u32">;
    readonly maskOf: Tensor<"u32">;
    readonly weights: Tensor<"f32">;
    readonly values: Tensor<"f32">;
    readonly params: { readonly width: number; readonly height: number; readonly words: number };
  };

/** See pairwise_loss.wgsl. */
export const pairwiseLossKernel: Kernel<PairwiseLossArgs> = {
    "name": "pairwise_loss",
    "bindings": [
      {
        "name": "logits",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "bits",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "profiles",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "imageOf",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "maskOf",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "weights",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "values",
        "access": "read_write",
        "dtype": "f32"
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
      "WORKGROUP": 256
    },
    "requires": [],
    "source": `














override WORKGROUP:u32=256;

struct Params{width:u32,height:u32,words:u32}

@group(0)@binding(0)var<storage,read>logits:array<f32>;
@group(0)@binding(1)var<storage,read>bits:array<u32>;
@group(0)@binding(2)var<storage,read>profiles:array<f32>;
@group(0)@binding(3)var<storage,read>imageOf:array<u32>;
@group(0)@binding(4)var<storage,read>maskOf:array<u32>;
@group(0)@binding(5)var<storage,read>weights:array<f32>;
@group(0)@binding(6)var<storage,read_write>values:array<f32>;
@group(0)@binding(7)var<uniform>params:Params;

var<workgroup>sums:array<f32,WORKGROUP>;

@compute@workgroup_size(WORKGROUP)
fn pairwise_loss(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)lane:u32,
){
let n=group.x;
let m=maskOf[n];
let columns=2*m*(params.width+params.height);
let rows=columns+params.width;
let first=imageOf[m]*params.words;
let pixels=params.width*params.height;
var sum=0f;
for(var i=lane;i<pixels;i+=WORKGROUP){
if profiles[columns+i%params.width]*profiles[rows+i/params.width]==0{continue;}
let alike=(bits[first+i/4]>>(8*(i%4)))&255;
let own=logits[n*pixels+i];
for(var k=0u;k<8;k++){
if((alike>>k)&1)==0{continue;}
let place=i32(k+u32(k>3));
let step=2*(place/3-1)*i32(params.width)+2*(place%3-1);
sum+=loss(own,logits[n*pixels+u32(i32(i)+step)]);
}
}
sums[lane]=sum;
for(var width=WORKGROUP/2;width>0;width/=2){
workgroupBarrier();
if lane<width{sums[lane]+=sums[lane+width];}
}
if lane==0{values[n]=weights[n]*sums[0];}
}


fn loss(a:f32,b:f32)->f32{
let small=log1p(exp(-abs(a)))+log1p(exp(-abs(b)))-log1p(exp(-abs(a+b)));
return small+select(0,min(abs(a),abs(b)),(a<0)!=(b<0));
}


fn log1p(e:f32)->f32{
return select(log(1+e),e*(1-e*(0.5-e*(1f/3-e/4))),e<1f/32);
}
`,
  };

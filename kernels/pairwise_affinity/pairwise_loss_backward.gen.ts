import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from pairwise_loss_backward.wgsl: do not edit.
/** Bindings and uniforms of `pairwise_loss_backward`. */
export type PairwiseLossBackwardArgs = {
    readonly logits: Tensor<"f32">;
    readonly bits: Tensor<"u32">;
    readonly profiles: Tensor<"f32">;
    readonly imageOf: Tensor<"u32">;
    readonly maskOf: Tensor<"u32">;
    readonly weights: Tensor<"f32">;
    readonly dLogits: Tensor<"f32">;
    readonly params: { readonly width: number; readonly height: number; readonly words: number; readonly factor: number };
  };

/** See pairwise_loss_backward.wgsl. */
export const pairwiseLossBackwardKernel: Kernel<PairwiseLossBackwardArgs> = {
    "name": "pairwise_loss_backward",
    "bindings": [
      {
        "name": "logits",
        "access": "read",
        "dtype": "f32",
        "texels": "r32float"
      },
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
        "name": "dLogits",
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
      },
      {
        "name": "factor",
        "type": "f32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `













override WORKGROUP:u32=64;

struct Params{width:u32,height:u32,words:u32,factor:f32}


@group(0)@binding(0)var<storage,read>logits:array<f32>;

@group(0)@binding(1)var<storage,read>bits:array<u32>;

@group(0)@binding(2)var<storage,read>profiles:array<f32>;

@group(0)@binding(3)var<storage,read>imageOf:array<u32>;

@group(0)@binding(4)var<storage,read>maskOf:array<u32>;

@group(0)@binding(5)var<storage,read>weights:array<f32>;
@group(0)@binding(6)var<storage,read_write>dLogits:array<f32>;
@group(0)@binding(7)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn pairwise_loss_backward(@builtin(global_invocation_id)id:vec3u){
let n=id.y;
let pixels=params.width*params.height;
if id.x>=pixels{return;}
let m=maskOf[n];
let x=i32(id.x%params.width);
let y=i32(id.x/params.width);
let own=logits[n*pixels+id.x];
let own_bits=bits_at(m,id.x);
var sum=0f;
for(var k=0u;k<8;k++){
let place=i32(k+u32(k>3));
let row=y+2*(place/3-1);
let column=x+2*(place%3-1);
if row<0||row>=i32(params.height)||column<0||column>=i32(params.width){continue;}
let j=u32(row)*params.width+u32(column);
let pairs=((own_bits>>k)&1)+((bits_at(m,j)>>(7-k))&1);
if pairs==0{continue;}
sum+=f32(pairs)*(sigmoid(own)-sigmoid(own+logits[n*pixels+j]));
}
dLogits[n*pixels+id.x]=params.factor*weights[n]*sum;
}


fn bits_at(m:u32,i:u32)->u32{
let columns=2*m*(params.width+params.height);
let rows=columns+params.width;
let inside=profiles[columns+i%params.width]*profiles[rows+i/params.width]>0;
return select(0,(bits[imageOf[m]*params.words+i/4]>>(8*(i%4)))&255,inside);
}


fn sigmoid(t:f32)->f32{
let e=exp(-abs(t));
return select(e,1,t>=0)/(1+e);
}
`,
  };

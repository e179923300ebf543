import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from focal_loss_backward.wgsl: do not edit.
/** Bindings and uniforms of `focal_loss_backward`. */
export type FocalLossBackwardArgs = {
    readonly logits: Tensor<"f32">;
    readonly targets: Tensor<"u32">;
    readonly dLogits: Tensor<"f32">;
    readonly params: { readonly count: number; readonly stride: number; readonly alpha: number; readonly weight: number };
  };

/** See focal_loss_backward.wgsl. */
export const focalLossBackwardKernel: Kernel<FocalLossBackwardArgs> = {
    "name": "focal_loss_backward",
    "bindings": [
      {
        "name": "logits",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "targets",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "dLogits",
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
      },
      {
        "name": "alpha",
        "type": "f32"
      },
      {
        "name": "weight",
        "type": "f32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `








override WORKGROUP:u32=64;

struct Params{count:u32,stride:u32,alpha:f32,weight:f32}

@group(0)@binding(0)var<storage,read>logits:array<f32>;
@group(0)@binding(1)var<storage,read>targets:array<u32>;
@group(0)@binding(2)var<storage,read_write>dLogits:array<f32>;
@group(0)@binding(3)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn focal_loss_backward(@builtin(global_invocation_id)id:vec3u){
let i=id.x+id.y*params.stride;
if i>=params.count{return;}
let positive=targets[i]==1;
let u=select(-logits[i],logits[i],positive);
let a=select(1-params.alpha,params.alpha,positive);
let q=sigmoid(-u);
let slope=a*q*q*(-2*sigmoid(u)*softplus(-u)-q);
dLogits[i]=params.weight*select(-slope,slope,positive);
}


fn sigmoid(t:f32)->f32{
let e=exp(-abs(t));
return select(e,1,t>=0)/(1+e);
}

fn softplus(t:f32)->f32{return max(t,0)+log1p(exp(-abs(t)));}


fn log1p(e:f32)->f32{
return select(log(1+e),e*(1-e*(0.5-e*(1f/3-e/4))),e<1f/32);
}
`,
  };

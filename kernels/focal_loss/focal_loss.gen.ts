import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from focal_loss.wgsl: do not edit.
/** Bindings and uniforms of `focal_loss`. */
export type FocalLossArgs = {
    readonly logits: Tensor<"f32">;
    readonly targets: Tensor<"u32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly count: number; readonly stride: number; readonly alpha: number };
  };

/** See focal_loss.wgsl. */
export const focalLossKernel: Kernel<FocalLossArgs> = {
    "name": "focal_loss",
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
      },
      {
        "name": "alpha",
        "type": "f32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `









override WORKGROUP:u32=64;

struct Params{count:u32,stride:u32,alpha:f32}

@group(0)@binding(0)var<storage,read>logits:array<f32>;
@group(0)@binding(1)var<storage,read>targets:array<u32>;
@group(0)@binding(2)var<storage,read_write>out:array<f32>;
@group(0)@binding(3)var<uniform>params:Params;

var<workgroup>sums:array<f32,WORKGROUP>;

@compute@workgroup_size(WORKGROUP)
fn focal_loss(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)lane:u32,
){
var sum=0f;
for(var i=group.x*WORKGROUP+lane;i<params.count;i+=params.stride){
let positive=targets[i]==1;
let u=select(-logits[i],logits[i],positive);
let q=sigmoid(-u);
sum+=select(1-params.alpha,params.alpha,positive)*q*q*softplus(-u);
}
sums[lane]=sum;
for(var width=WORKGROUP/2;width>0;width/=2){
workgroupBarrier();
if lane<width{sums[lane]+=sums[lane+width];}
}
if lane==0{out[group.x]=sums[0];}
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

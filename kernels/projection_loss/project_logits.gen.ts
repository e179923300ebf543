import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from project_logits.wgsl: do not edit.
/** Bindings and uniforms of `project_logits`. */
export type ProjectLogitsArgs = {
    readonly logits: Tensor<"f32">;
    readonly profiles: Tensor<"f32">;
    readonly at: Tensor<"u32">;
    readonly params: { readonly width: number; readonly height: number };
  };

/** See project_logits.wgsl. */
export const projectLogitsKernel: Kernel<ProjectLogitsArgs> = {
    "name": "project_logits",
    "bindings": [
      {
        "name": "logits",
        "access": "read",
        "dtype": "f32",
        "texels": "r32float"
      },
      {
        "name": "profiles",
        "access": "read_write",
        "dtype": "f32"
      },
      {
        "name": "at",
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
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `










override WORKGROUP:u32=64;

struct Params{width:u32,height:u32}


@group(0)@binding(0)var<storage,read>logits:array<f32>;
@group(0)@binding(1)var<storage,read_write>profiles:array<f32>;
@group(0)@binding(2)var<storage,read_write>at:array<u32>;
@group(0)@binding(3)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn project_logits(@builtin(global_invocation_id)id:vec3u){
let side=id.x;
let n=id.y;
let sides=params.width+params.height;
if side>=sides{return;}
let is_column=side<params.width;
let within=select((side-params.width)*params.width,side,is_column);
let start=n*params.width*params.height+within;
let step=select(1u,params.width,is_column);
let length=select(params.width,params.height,is_column);
var top=logits[start];
var top_at=0u;
var sum=0f;
for(var i=0u;i<length;i++){
let z=logits[start+i*step];
if z>top{
top=z;
top_at=i;
}
sum+=sigmoid(z);
}
profiles[2*n*sides+side]=sigmoid(top);
profiles[(2*n+1)*sides+side]=sum/f32(length);
at[n*sides+side]=top_at;
}


fn sigmoid(t:f32)->f32{
let e=exp(-abs(t));
return select(e,1,t>=0)/(1+e);
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from profile_dice.wgsl: do not edit.
/** Bindings and uniforms of `profile_dice`. */
export type ProfileDiceArgs = {
    readonly profiles: Tensor<"f32">;
    readonly targets: Tensor<"f32">;
    readonly maskOf: Tensor<"u32">;
    readonly weights: Tensor<"f32">;
    readonly values: Tensor<"f32">;
    readonly slopes: Tensor<"f32">;
    readonly params: { readonly width: number; readonly height: number; readonly entries: number; readonly maxFactor: number; readonly meanFactor: number };
  };

/** See profile_dice.wgsl. */
export const profileDiceKernel: Kernel<ProfileDiceArgs> = {
    "name": "profile_dice",
    "bindings": [
      {
        "name": "profiles",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "targets",
        "access": "read",
        "dtype": "f32"
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
      },
      {
        "name": "slopes",
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
        "name": "entries",
        "type": "u32"
      },
      {
        "name": "maxFactor",
        "type": "f32"
      },
      {
        "name": "meanFactor",
        "type": "f32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `
















override WORKGROUP:u32=64;
const EPSILON=1e-5;

struct Params{width:u32,height:u32,entries:u32,maxFactor:f32,meanFactor:f32}

@group(0)@binding(0)var<storage,read>profiles:array<f32>;
@group(0)@binding(1)var<storage,read>targets:array<f32>;
@group(0)@binding(2)var<storage,read>maskOf:array<u32>;
@group(0)@binding(3)var<storage,read>weights:array<f32>;
@group(0)@binding(4)var<storage,read_write>values:array<f32>;
@group(0)@binding(5)var<storage,read_write>slopes:array<f32>;
@group(0)@binding(6)var<uniform>params:Params;

var<workgroup>sums:array<vec4f,WORKGROUP>;

@compute@workgroup_size(WORKGROUP)
fn profile_dice(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)lane:u32,
){
let n=group.x;
let kind=group.y;
let sides=params.width+params.height;
let own=(2*n+kind)*sides;
let target_at=(2*maskOf[n]+kind)*sides;
var sum=vec4f();
for(var s=lane;s<sides;s+=WORKGROUP){
let u=profiles[own+s];
let v=targets[target_at+s];
let pair=vec2f(u*v,u*u+v*v);
sum+=select(vec4f(0,0,pair),vec4f(pair,0,0),s<params.width);
}
sums[lane]=sum;
for(var width=WORKGROUP/2;width>0;width/=2){
workgroupBarrier();
if lane<width{sums[lane]+=sums[lane+width];}
}
workgroupBarrier();
let a=sums[0].xz;
let total=sums[0].yw+EPSILON;
let ratio=2*a/total;
if lane==0{values[kind*params.entries+n]=weights[n]*(2-ratio.x-ratio.y);}

let factor=weights[n]*select(params.meanFactor,params.maxFactor,kind==0);
for(var s=lane;s<sides;s+=WORKGROUP){
let part=select(1u,0u,s<params.width);
let length=f32(select(params.width,params.height,part==0));
let scale=2*factor/total[part]/select(length,1,kind==0);
slopes[own+s]=scale*(ratio[part]*profiles[own+s]-targets[target_at+s]);
}
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from group_norm_statistics.wgsl: do not edit.
/** Bindings and uniforms of `group_norm_statistics`. */
export type GroupNormStatisticsArgs = {
    readonly x: Tensor<"f32">;
    readonly partials: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly pixels: number; readonly channels: number; readonly groupChannels: number; readonly slices: number; readonly epsilon: number };
  };

/** See group_norm_statistics.wgsl. */
export const groupNormStatisticsKernel: Kernel<GroupNormStatisticsArgs> = {
    "name": "group_norm_statistics",
    "bindings": [
      {
        "name": "x",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "partials",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "out",
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
        "name": "channels",
        "type": "u32"
      },
      {
        "name": "groupChannels",
        "type": "u32"
      },
      {
        "name": "slices",
        "type": "u32"
      },
      {
        "name": "epsilon",
        "type": "f32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64,
      "POWER": 1
    },
    "requires": [],
    "source": `











override WORKGROUP:u32=64;
override POWER:u32=1;

struct Params{
pixels:u32,channels:u32,groupChannels:u32,slices:u32,epsilon:f32,
}

@group(0)@binding(0)var<storage,read>x:array<f32>;
@group(0)@binding(1)var<storage,read>partials:array<f32>;
@group(0)@binding(2)var<storage,read_write>out:array<f32>;
@group(0)@binding(3)var<uniform>params:Params;

var<workgroup>sums:array<f32,WORKGROUP>;

@compute@workgroup_size(WORKGROUP)
fn group_norm_statistics(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_id)lane:vec3u,
@builtin(num_workgroups)groups:vec3u,
){
let first=group.x*params.groupChannels;
var sum=0f;
for(var j=lane.x;j<params.slices*params.groupChannels;j+=WORKGROUP){
let slice=group.y*params.slices+j/params.groupChannels;
sum+=partials[slice*params.channels+first+j%params.groupChannels];
}
sums[lane.x]=sum;
for(var width=WORKGROUP/2;width>0;width/=2){
workgroupBarrier();
if lane.x<width{sums[lane.x]+=sums[lane.x+width];}
}
if lane.x==0{
let average=sums[0]/f32(params.groupChannels)/f32(params.pixels);
var value=inverseSqrt(average+params.epsilon);
if POWER==1{value=x[group.y*params.pixels*params.channels+first]+average;}
out[group.y*groups.x+group.x]=value;
}
}
`,
  };

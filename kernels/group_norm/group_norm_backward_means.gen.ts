import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from group_norm_backward_means.wgsl: do not edit.
/** Bindings and uniforms of `group_norm_backward_means`. */
export type GroupNormBackwardMeansArgs = {
    readonly sums: Tensor<"f32">;
    readonly products: Tensor<"f32">;
    readonly weight: Tensor<"f32">;
    readonly means: Tensor<"f32">;
    readonly params: { readonly pixels: number; readonly channels: number; readonly groupChannels: number; readonly slices: number };
  };

/** See group_norm_backward_means.wgsl. */
export const groupNormBackwardMeansKernel: Kernel<GroupNormBackwardMeansArgs> = {
    "name": "group_norm_backward_means",
    "bindings": [
      {
        "name": "sums",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "products",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "weight",
        "access": "read",
        "dtype": "f32"
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
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `











override WORKGROUP:u32=64;

struct Params{pixels:u32,channels:u32,groupChannels:u32,slices:u32}

@group(0)@binding(0)var<storage,read>sums:array<f32>;
@group(0)@binding(1)var<storage,read>products:array<f32>;
@group(0)@binding(2)var<storage,read>weight:array<f32>;
@group(0)@binding(3)var<storage,read_write>means:array<vec2f>;
@group(0)@binding(4)var<uniform>params:Params;

var<workgroup>totals:array<vec2f,WORKGROUP>;

@compute@workgroup_size(WORKGROUP)
fn group_norm_backward_means(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_id)lane:vec3u,
@builtin(num_workgroups)groups:vec3u,
){
var total=vec2f();
for(var j=lane.x;j<params.slices*params.groupChannels;j+=WORKGROUP){
let slice=group.y*params.slices+j/params.groupChannels;
let c=group.x*params.groupChannels+j%params.groupChannels;
let at=slice*params.channels+c;
total+=weight[c]*vec2f(sums[at],products[at]);
}
totals[lane.x]=total;
for(var width=WORKGROUP/2;width>0;width/=2){
workgroupBarrier();
if lane.x<width{totals[lane.x]+=totals[lane.x+width];}
}
if lane.x==0{
let elements=f32(params.groupChannels)*f32(params.pixels);
means[group.y*groups.x+group.x]=totals[0]/elements;
}
}
`,
  };

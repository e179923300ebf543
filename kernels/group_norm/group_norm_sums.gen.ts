import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from group_norm_sums.wgsl: do not edit.
/** Bindings and uniforms of `group_norm_sums`. */
export type GroupNormSumsArgs = {
    readonly x: Tensor<"f32">;
    readonly mean: Tensor<"f32">;
    readonly partials: Tensor<"f32">;
    readonly params: { readonly count: number; readonly row: number; readonly pixels: number; readonly channels: number; readonly groupChannels: number; readonly slices: number; readonly slicePixels: number };
  };

/** See group_norm_sums.wgsl. */
export const groupNormSumsKernel: Kernel<GroupNormSumsArgs> = {
    "name": "group_norm_sums",
    "bindings": [
      {
        "name": "x",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "mean",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "partials",
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
        "name": "row",
        "type": "u32"
      },
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
        "name": "slicePixels",
        "type": "u32"
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
count:u32,row:u32,pixels:u32,channels:u32,groupChannels:u32,slices:u32,
slicePixels:u32,
}


@group(0)@binding(0)var<storage,read>x:array<vec4f>;
@group(0)@binding(1)var<storage,read>mean:array<f32>;
@group(0)@binding(2)var<storage,read_write>partials:array<vec4f>;
@group(0)@binding(3)var<uniform>params:Params;

fn shiftOf(image:u32,channel:u32)->f32{
let g=channel/params.groupChannels;
if POWER==2{return mean[image*(params.channels/params.groupChannels)+g];}
let first=image*params.pixels*params.channels+g*params.groupChannels;
return x[first/4][first%4];
}

@compute@workgroup_size(WORKGROUP)
fn group_norm_sums(@builtin(global_invocation_id)id:vec3u){
let index=id.x+id.y*params.row;
if index>=params.count{return;}
let quads=params.channels/4;
let quad=index%quads;
let slice=index/quads%params.slices;
let image=index/quads/params.slices;
let c=4*quad;
let shift=vec4f(
shiftOf(image,c),shiftOf(image,c+1),shiftOf(image,c+2),shiftOf(image,c+3),
);
let first=slice*params.slicePixels;
let last=min(first+params.slicePixels,params.pixels);
var sum=vec4f();
for(var p=first;p<last;p++){
let off=x[(image*params.pixels+p)*quads+quad]-shift;
sum+=select(off,off*off,POWER==2);
}
partials[index]=sum;
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from group_norm_backward_sums.wgsl: do not edit.
/** Bindings and uniforms of `group_norm_backward_sums`. */
export type GroupNormBackwardSumsArgs = {
    readonly dOut: Tensor<"f32">;
    readonly x: Tensor<"f32">;
    readonly weight: Tensor<"f32">;
    readonly bias: Tensor<"f32">;
    readonly mean: Tensor<"f32">;
    readonly invStd: Tensor<"f32">;
    readonly sums: Tensor<"f32">;
    readonly products: Tensor<"f32">;
    readonly params: { readonly count: number; readonly row: number; readonly pixels: number; readonly channels: number; readonly groupChannels: number; readonly slices: number; readonly slicePixels: number };
  };

/** See group_norm_backward_sums.wgsl. */
export const groupNormBackwardSumsKernel: Kernel<GroupNormBackwardSumsArgs> = {
    "name": "group_norm_backward_sums",
    "bindings": [
      {
        "name": "dOut",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "x",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "weight",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "bias",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "mean",
        "access": "read",
        "dtype": "f32",
        "texels": "r32float"
      },
      {
        "name": "invStd",
        "access": "read",
        "dtype": "f32",
        "texels": "r32float"
      },
      {
        "name": "sums",
        "access": "read_write",
        "dtype": "f32"
      },
      {
        "name": "products",
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
      "RELU": 0
    },
    "requires": [],
    "source": `
















override WORKGROUP:u32=64;
override RELU:u32=0;

struct Params{
count:u32,row:u32,pixels:u32,channels:u32,groupChannels:u32,slices:u32,
slicePixels:u32,
}


@group(0)@binding(0)var<storage,read>dOut:array<vec4f>;

@group(0)@binding(1)var<storage,read>x:array<vec4f>;

@group(0)@binding(2)var<storage,read>weight:array<vec4f>;

@group(0)@binding(3)var<storage,read>bias:array<vec4f>;

@group(0)@binding(4)var<storage,read>mean:array<f32>;

@group(0)@binding(5)var<storage,read>invStd:array<f32>;
@group(0)@binding(6)var<storage,read_write>sums:array<vec4f>;
@group(0)@binding(7)var<storage,read_write>products:array<vec4f>;
@group(0)@binding(8)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn group_norm_backward_sums(@builtin(global_invocation_id)id:vec3u){
let index=id.x+id.y*params.row;
if index>=params.count{return;}
let quads=params.channels/4;
let quad=index%quads;
let slice=index/quads%params.slices;
let image=index/quads/params.slices;
let groups=image*(params.channels/params.groupChannels);
let g=vec4u(groups)+(4*quad+vec4u(0,1,2,3))/params.groupChannels;
let centre=vec4f(mean[g.x],mean[g.y],mean[g.z],mean[g.w]);
let scale=vec4f(invStd[g.x],invStd[g.y],invStd[g.z],invStd[g.w]);
let factor=weight[quad];
let offset=bias[quad];

let first=slice*params.slicePixels;
let last=min(first+params.slicePixels,params.pixels);
var sum=vec4f();
var product=vec4f();
for(var p=first;p<last;p++){
let at=(image*params.pixels+p)*quads+quad;
let normal=(x[at]-centre)*scale;
var d=dOut[at];
if RELU==1{d=select(vec4f(),d,normal*factor+offset>vec4f());}
sum+=d;
product+=d*normal;
}
sums[index]=sum;
products[index]=product;
}
`,
  };

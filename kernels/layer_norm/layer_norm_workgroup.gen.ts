import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from layer_norm_workgroup.wgsl: do not edit.
/** Bindings and uniforms of `layer_norm_workgroup`. */
export type LayerNormWorkgroupArgs = {
    readonly x: Tensor<"f32">;
    readonly weight: Tensor<"f32">;
    readonly bias: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly stride: number; readonly epsilon: number };
  };

/** See layer_norm_workgroup.wgsl. */
export const layerNormWorkgroupKernel: Kernel<LayerNormWorkgroupArgs> = {
    "name": "layer_norm_workgroup",
    "bindings": [
      {
        "name": "x",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "weight",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "bias",
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
        "name": "rows",
        "type": "u32"
      },
      {
        "name": "columns",
        "type": "u32"
      },
      {
        "name": "stride",
        "type": "u32"
      },
      {
        "name": "epsilon",
        "type": "f32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `










override WORKGROUP:u32=64;

struct Params{rows:u32,columns:u32,stride:u32,epsilon:f32}

@group(0)@binding(0)var<storage,read>x:array<vec4f>;
@group(0)@binding(1)var<storage,read>weight:array<vec4f>;
@group(0)@binding(2)var<storage,read>bias:array<vec4f>;
@group(0)@binding(3)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(4)var<uniform>params:Params;

var<workgroup>sums:array<f32,WORKGROUP>;


fn total(lane:u32,value:f32)->f32{
workgroupBarrier();
sums[lane]=value;
for(var width=WORKGROUP/2;width>0;width/=2){
workgroupBarrier();
if lane<width{sums[lane]+=sums[lane+width];}
}
workgroupBarrier();
return sums[0];
}

@compute@workgroup_size(WORKGROUP)
fn layer_norm_workgroup(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)lane:u32,
){
let i=group.x+group.y*params.stride;
if i>=params.rows{return;}
let quads=params.columns/4;
let first=i*quads;

var sum=vec4f();
for(var j=lane;j<quads;j+=WORKGROUP){sum+=x[first+j];}
let mean=total(lane,dot(sum,vec4f(1)))/f32(params.columns);

var squares=vec4f();
for(var j=lane;j<quads;j+=WORKGROUP){
let centred=x[first+j]-mean;
squares+=centred*centred;
}
let variance=total(lane,dot(squares,vec4f(1)))/f32(params.columns);
let scale=inverseSqrt(variance+params.epsilon);

for(var j=lane;j<quads;j+=WORKGROUP){
out[first+j]=(x[first+j]-mean)*scale*weight[j]+bias[j];
}
}
`,
  };

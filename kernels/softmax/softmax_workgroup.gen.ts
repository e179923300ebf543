import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from softmax_workgroup.wgsl: do not edit.
/** Bindings and uniforms of `softmax_workgroup`. */
export type SoftmaxWorkgroupArgs = {
    readonly x: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly pitch: number; readonly stride: number };
  };

/** See softmax_workgroup.wgsl. */
export const softmaxWorkgroupKernel: Kernel<SoftmaxWorkgroupArgs> = {
    "name": "softmax_workgroup",
    "bindings": [
      {
        "name": "x",
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
        "name": "pitch",
        "type": "u32"
      },
      {
        "name": "stride",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `





override WORKGROUP:u32=64;
const LOWEST= -3.4028234e38;

struct Params{rows:u32,columns:u32,pitch:u32,stride:u32}

@group(0)@binding(0)var<storage,read_write>x:array<f32>;
@group(0)@binding(1)var<uniform>params:Params;

var<workgroup>partial:array<f32,WORKGROUP>;

@compute@workgroup_size(WORKGROUP)
fn softmax_workgroup(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)lane:u32,
){
let i=group.x+group.y*params.stride;
if i>=params.rows{return;}
let first=i*params.pitch;

var top=LOWEST;
for(var j=lane;j<params.columns;j+=WORKGROUP){top=max(top,x[first+j]);}
partial[lane]=top;
for(var width=WORKGROUP/2;width>0;width/=2){
workgroupBarrier();
if lane<width{partial[lane]=max(partial[lane],partial[lane+width]);}
}
workgroupBarrier();
let m=partial[0];
workgroupBarrier();

var sum=0f;
for(var j=lane;j<params.columns;j+=WORKGROUP){
let e=exp(x[first+j]-m);
x[first+j]=e;
sum+=e;
}
partial[lane]=sum;
for(var width=WORKGROUP/2;width>0;width/=2){
workgroupBarrier();
if lane<width{partial[lane]+=partial[lane+width];}
}
workgroupBarrier();
let scale=1/partial[0];
for(var j=lane;j<params.pitch;j+=WORKGROUP){
x[first+j]=select(0,x[first+j]*scale,j<params.columns);
}
}
`,
  };

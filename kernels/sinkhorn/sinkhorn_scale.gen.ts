import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from sinkhorn_scale.wgsl: do not edit.
/** Bindings and uniforms of `sinkhorn_scale`. */
export type SinkhornScaleArgs = {
    readonly x: Tensor<"f32">;
    readonly other: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly count: number; readonly length: number; readonly stride: number; readonly step: number; readonly sharpness: number; readonly across: number };
  };

/** See sinkhorn_scale.wgsl. */
export const sinkhornScaleKernel: Kernel<SinkhornScaleArgs> = {
    "name": "sinkhorn_scale",
    "bindings": [
      {
        "name": "x",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "other",
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
        "name": "count",
        "type": "u32"
      },
      {
        "name": "length",
        "type": "u32"
      },
      {
        "name": "stride",
        "type": "u32"
      },
      {
        "name": "step",
        "type": "u32"
      },
      {
        "name": "sharpness",
        "type": "f32"
      },
      {
        "name": "across",
        "type": "u32"
      }
    ],
    "overrides": {
      "ROWS": 2,
      "LANES": 32
    },
    "requires": [],
    "source": `









override ROWS:u32=2;
override LANES:u32=32;
const LOWEST= -3.4028234e38;

struct Params{
count:u32,length:u32,stride:u32,step:u32,sharpness:f32,across:u32,
}

@group(0)@binding(0)var<storage,read>x:array<f32>;
@group(0)@binding(1)var<storage,read>other:array<f32>;
@group(0)@binding(2)var<storage,read_write>out:array<f32>;
@group(0)@binding(3)var<uniform>params:Params;

var<workgroup>parts:array<vec2f,ROWS*LANES>;


fn together(mine:vec2f,lane:vec2u)->vec2f{
if LANES==1{return mine;}
let at=lane.y*LANES;
workgroupBarrier();
parts[at+lane.x]=mine;
for(var width=LANES/2;width>0;width/=2){
workgroupBarrier();
if lane.x<width{
let part=parts[at+lane.x+width];
let own=parts[at+lane.x];
parts[at+lane.x]=vec2f(max(own.x,part.x),own.y+part.y);
}
}
workgroupBarrier();
return parts[at];
}

@compute@workgroup_size(LANES,ROWS)
fn sinkhorn_scale(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_id)lane:vec3u,
){
let i=(group.x+group.y*params.across)*ROWS+lane.y;
let first=min(i,params.count-1)*params.stride;
var largest=LOWEST;
for(var j=lane.x;j<params.length;j+=LANES){
largest=max(largest,params.sharpness*x[first+j*params.step]+other[j]);
}
let peak=together(vec2f(largest,0),lane.xy).x;
var sum=0f;
for(var j=lane.x;j<params.length;j+=LANES){
sum+=exp(params.sharpness*x[first+j*params.step]+other[j]-peak);
}
let total=together(vec2f(0,sum),lane.xy).y;
if i<params.count&&lane.x==0{out[i]= -peak-log(total);}
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from l2_normalise_backward.wgsl: do not edit.
/** Bindings and uniforms of `l2_normalise_backward`. */
export type L2NormaliseBackwardArgs = {
    readonly dOut: Tensor<"f32">;
    readonly x: Tensor<"f32">;
    readonly dx: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly across: number };
  };

/** See l2_normalise_backward.wgsl. */
export const l2NormaliseBackwardKernel: Kernel<L2NormaliseBackwardArgs> = {
    "name": "l2_normalise_backward",
    "bindings": [
      {
        "name": "dOut",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "x",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "dx",
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

struct Params{rows:u32,columns:u32,across:u32}

@group(0)@binding(0)var<storage,read>dOut:array<f32>;
@group(0)@binding(1)var<storage,read>x:array<f32>;
@group(0)@binding(2)var<storage,read_write>dx:array<f32>;
@group(0)@binding(3)var<uniform>params:Params;

var<workgroup>sums:array<vec2f,ROWS*LANES>;

@compute@workgroup_size(LANES,ROWS)
fn l2_normalise_backward(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_id)lane:vec3u,
){
let i=(group.x+group.y*params.across)*ROWS+lane.y;
let first=min(i,params.rows-1)*params.columns;
var sum=vec2f();
for(var j=lane.x;j<params.columns;j+=LANES){
let value=x[first+j];
sum+=vec2f(value*value,value*dOut[first+j]);
}
if LANES>1{
let at=lane.y*LANES;
sums[at+lane.x]=sum;
for(var width=LANES/2;width>0;width/=2){
workgroupBarrier();
if lane.x<width{sums[at+lane.x]+=sums[at+lane.x+width];}
}
workgroupBarrier();
sum=sums[at];
}
if i>=params.rows{return;}
let scale=select(0.0,1/sqrt(sum.x),sum.x>0);
let along=select(0.0,sum.y/sum.x,sum.x>0);
for(var j=lane.x;j<params.columns;j+=LANES){
dx[first+j]=scale*(dOut[first+j]-along*x[first+j]);
}
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from l2_normalise.wgsl: do not edit.
/** Bindings and uniforms of `l2_normalise`. */
export type L2NormaliseArgs = {
    readonly x: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number };
  };

/** See l2_normalise.wgsl. */
export const l2NormaliseKernel: Kernel<L2NormaliseArgs> = {
    "name": "l2_normalise",
    "bindings": [
      {
        "name": "x",
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

struct Params{rows:u32,columns:u32}

@group(0)@binding(0)var<storage,read>x:array<f32>;
@group(0)@binding(1)var<storage,read_write>out:array<f32>;
@group(0)@binding(2)var<uniform>params:Params;

var<workgroup>sums:array<f32,ROWS*LANES>;

@compute@workgroup_size(LANES,ROWS)
fn l2_normalise(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_id)lane:vec3u,
){
let i=group.x*ROWS+lane.y;
let first=min(i,params.rows-1)*params.columns;
var square=0.0;
for(var j=lane.x;j<params.columns;j+=LANES){square+=x[first+j]*x[first+j];}
if LANES>1{
let at=lane.y*LANES;
sums[at+lane.x]=square;
for(var width=LANES/2;width>0;width/=2){
workgroupBarrier();
if lane.x<width{sums[at+lane.x]+=sums[at+lane.x+width];}
}
workgroupBarrier();
square=sums[at];
}
if i>=params.rows{return;}
let scale=select(0.0,1/sqrt(square),square>0);
for(var j=lane.x;j<params.columns;j+=LANES){out[first+j]=x[first+j]*scale;}
}
`,
  };

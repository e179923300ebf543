import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from row_entropy.wgsl: do not edit.
/** Bindings and uniforms of `row_entropy`. */
export type RowEntropyArgs = {
    readonly x: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly scale: number; readonly across: number };
  };

/** See row_entropy.wgsl. */
export const rowEntropyKernel: Kernel<RowEntropyArgs> = {
    "name": "row_entropy",
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
      },
      {
        "name": "scale",
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

struct Params{rows:u32,columns:u32,scale:f32,across:u32}

@group(0)@binding(0)var<storage,read>x:array<f32>;
@group(0)@binding(1)var<storage,read_write>out:array<f32>;
@group(0)@binding(2)var<uniform>params:Params;

var<workgroup>sums:array<f32,ROWS*LANES>;

@compute@workgroup_size(LANES,ROWS)
fn row_entropy(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_id)lane:vec3u,
){
let i=(group.x+group.y*params.across)*ROWS+lane.y;
let first=min(i,params.rows-1)*params.columns;
var sum=0f;
for(var j=lane.x;j<params.columns;j+=LANES){
let p=params.scale*x[first+j];
if p>0{sum-=p*log(p);}
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
if i<params.rows&&lane.x==0{out[i]=sum;}
}
`,
  };

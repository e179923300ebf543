import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from cross_entropy_backward.wgsl: do not edit.
/** Bindings and uniforms of `cross_entropy_backward`. */
export type CrossEntropyBackwardArgs = {
    readonly x: Tensor<"f32">;
    readonly targets: Tensor<"f32">;
    readonly pairs: Tensor<"u32">;
    readonly dx: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly sources: number; readonly sharpness: number; readonly factor: number; readonly across: number };
  };

/** See cross_entropy_backward.wgsl. */
export const crossEntropyBackwardKernel: Kernel<CrossEntropyBackwardArgs> = {
    "name": "cross_entropy_backward",
    "bindings": [
      {
        "name": "x",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "targets",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "pairs",
        "access": "read",
        "dtype": "u32"
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
        "name": "sources",
        "type": "u32"
      },
      {
        "name": "sharpness",
        "type": "f32"
      },
      {
        "name": "factor",
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

struct Params{rows:u32,columns:u32,sources:u32,sharpness:f32,factor:f32,across:u32}

@group(0)@binding(0)var<storage,read>x:array<f32>;
@group(0)@binding(1)var<storage,read>targets:array<f32>;
@group(0)@binding(2)var<storage,read>pairs:array<vec2u>;
@group(0)@binding(3)var<storage,read_write>dx:array<f32>;
@group(0)@binding(4)var<uniform>params:Params;

var<workgroup>parts:array<vec3f,ROWS*LANES>;

fn wanted(pair:vec2u,j:u32)->f32{
var q=0f;
if pair.x<params.sources{q+=targets[pair.x*params.columns+j];}
if pair.y<params.sources{q+=targets[pair.y*params.columns+j];}
return q;
}


fn together(mine:vec3f,lane:vec2u)->vec3f{
if LANES==1{return mine;}
let at=lane.y*LANES;
workgroupBarrier();
parts[at+lane.x]=mine;
for(var width=LANES/2;width>0;width/=2){
workgroupBarrier();
if lane.x<width{
let other=parts[at+lane.x+width];
let own=parts[at+lane.x];
parts[at+lane.x]=vec3f(max(own.x,other.x),own.yz+other.yz);
}
}
workgroupBarrier();
return parts[at];
}

@compute@workgroup_size(LANES,ROWS)
fn cross_entropy_backward(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_id)lane:vec3u,
){
let i=(group.x+group.y*params.across)*ROWS+lane.y;
let row=min(i,params.rows-1);
let first=row*params.columns;
var largest=LOWEST;
for(var j=lane.x;j<params.columns;j+=LANES){largest=max(largest,x[first+j]);}
let peak=together(vec3f(largest,0,0),lane.xy).x;

let pair=pairs[row];
var exponentials=0f;
var share=0f;
for(var j=lane.x;j<params.columns;j+=LANES){
exponentials+=exp(params.sharpness*(x[first+j]-peak));
share+=wanted(pair,j);
}
let sums=together(vec3f(0,exponentials,share),lane.xy);
if i>=params.rows{return;}
for(var j=lane.x;j<params.columns;j+=LANES){
let p=exp(params.sharpness*(x[first+j]-peak))/sums.y;
dx[first+j]=params.factor*(p*sums.z-wanted(pair,j));
}
}
`,
  };

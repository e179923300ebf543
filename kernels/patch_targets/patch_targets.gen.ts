import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from patch_targets.wgsl: do not edit.
/** Bindings and uniforms of `patch_targets`. */
export type PatchTargetsArgs = {
    readonly x: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly floor: number; readonly across: number };
  };

/** See patch_targets.wgsl. */
export const patchTargetsKernel: Kernel<PatchTargetsArgs> = {
    "name": "patch_targets",
    "bindings": [
      {
        "name": "x",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
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
        "name": "floor",
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

struct Params{rows:u32,columns:u32,floor:f32,across:u32}


@group(0)@binding(0)var<storage,read>x:array<vec4f>;
@group(0)@binding(1)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(2)var<uniform>params:Params;

var<workgroup>sums:array<f32,ROWS*LANES>;


fn together(mine:f32,lane:vec2u)->f32{
if LANES==1{return mine;}
let at=lane.y*LANES;
workgroupBarrier();
sums[at+lane.x]=mine;
for(var width=LANES/2;width>0;width/=2){
workgroupBarrier();
if lane.x<width{sums[at+lane.x]+=sums[at+lane.x+width];}
}
workgroupBarrier();
return sums[at];
}

@compute@workgroup_size(LANES,ROWS)
fn patch_targets(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_id)lane:vec3u,
){
let i=(group.x+group.y*params.across)*ROWS+lane.y;
let quads=params.columns/4;
let first=min(i,params.rows-1)*quads;

var sum=vec4f();
for(var j=lane.x;j<quads;j+=LANES){sum+=x[first+j];}
let mean=together(dot(sum,vec4f(1)),lane.xy)/f32(params.columns);

var squares=vec4f();
for(var j=lane.x;j<quads;j+=LANES){
let centred=x[first+j]-mean;
squares+=centred*centred;
}
let variance=together(dot(squares,vec4f(1)),lane.xy)/f32(params.columns-1);
if i>=params.rows{return;}

let scale=inverseSqrt(variance+params.floor);
for(var j=lane.x;j<quads;j+=LANES){out[first+j]=(x[first+j]-mean)*scale;}
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from inv_sqrt_degree.wgsl: do not edit.
/** Bindings and uniforms of `inv_sqrt_degree`. */
export type InvSqrtDegreeArgs = {
    readonly affinity: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly nodes: number };
  };

/** See inv_sqrt_degree.wgsl. */
export const invSqrtDegreeKernel: Kernel<InvSqrtDegreeArgs> = {
    "name": "inv_sqrt_degree",
    "bindings": [
      {
        "name": "affinity",
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
        "name": "nodes",
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
const PARTS=4u;

struct Params{rows:u32,nodes:u32}

@group(0)@binding(0)var<storage,read>affinity:array<f32>;
@group(0)@binding(1)var<storage,read_write>out:array<f32>;
@group(0)@binding(2)var<uniform>params:Params;

var<workgroup>sums:array<f32,ROWS*LANES>;

@compute@workgroup_size(LANES,ROWS)
fn inv_sqrt_degree(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_id)lane:vec3u,
){
let i=group.x*ROWS+lane.y;
let first=min(i,params.rows-1)*params.nodes;
var parts=vec4f();
for(var j=lane.x;j<params.nodes;j+=PARTS*LANES){
for(var p=0u;p<PARTS;p++){
let k=j+p*LANES;
if k<params.nodes{parts[p]+=affinity[first+k];}
}
}
var degree=parts.x+parts.y+parts.z+parts.w;
if LANES>1{
let at=lane.y*LANES;
sums[at+lane.x]=degree;
for(var width=LANES/2;width>0;width/=2){
workgroupBarrier();
if lane.x<width{sums[at+lane.x]+=sums[at+lane.x+width];}
}
workgroupBarrier();
degree=sums[at];
}
if lane.x==0&&i<params.rows{out[i]=select(1.0,1/sqrt(degree),degree>0);}
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from softmax_subgroup.wgsl: do not edit.
/** Bindings and uniforms of `softmax_subgroup`. */
export type SoftmaxSubgroupArgs = {
    readonly x: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly pitch: number; readonly stride: number };
  };

/** See softmax_subgroup.wgsl. */
export const softmaxSubgroupKernel: Kernel<SoftmaxSubgroupArgs> = {
    "name": "softmax_subgroup",
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
      "WORKGROUP": 8,
      "ROWS": 16
    },
    "requires": [
      "subgroups"
    ],
    "source": `








override WORKGROUP:u32=8;
override ROWS:u32=16;

// @variants QUADS = 8, 16, 24, 32
const QUADS=32u;
const LOWEST= -3.4028234e38;

struct Params{rows:u32,columns:u32,pitch:u32,stride:u32}

@group(0)@binding(0)var<storage,read_write>x:array<vec4f>;
@group(0)@binding(1)var<uniform>params:Params;


fn masked(value:vec4f,j:u32)->vec4f{
let column=4*j+vec4u(0,1,2,3);
return select(vec4f(LOWEST),value,column<vec4u(params.columns));
}

@compute@workgroup_size(WORKGROUP)
fn softmax_subgroup(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)lane:u32,
){
let quads=params.pitch/4;
var row:array<vec4f,QUADS>;
let start=(group.x+group.y*params.stride)*ROWS;
let end=min(start+ROWS,params.rows);
for(var i=start;i<end;i++){
let first=i*quads;
var top=vec4f(LOWEST);
// @unroll
for(var s=0u;s<QUADS;s++){
let j=s*WORKGROUP+lane;
row[s]=masked(x[first+min(j,quads-1)],j);
top=max(top,row[s]);
}
let m=subgroupMax(max(max(top.x,top.y),max(top.z,top.w)));

var sums=vec4f();
// @unroll
for(var s=0u;s<QUADS;s++){
row[s]=exp(row[s]-m);
sums+=row[s];
}
let scale=1/subgroupAdd(dot(sums,vec4f(1)));

// @unroll
for(var s=0u;s<QUADS;s++){
let j=s*WORKGROUP+lane;
if j<quads{x[first+j]=row[s]*scale;}
}
}
}
`,
  };

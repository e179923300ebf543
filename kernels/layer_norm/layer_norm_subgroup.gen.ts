import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from layer_norm_subgroup.wgsl: do not edit.
/** Bindings and uniforms of `layer_norm_subgroup`. */
export type LayerNormSubgroupArgs = {
    readonly x: Tensor<"f32">;
    readonly weight: Tensor<"f32">;
    readonly bias: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly epsilon: number };
  };

/** See layer_norm_subgroup.wgsl. */
export const layerNormSubgroupKernel: Kernel<LayerNormSubgroupArgs> = {
    "name": "layer_norm_subgroup",
    "bindings": [
      {
        "name": "x",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "weight",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "bias",
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
        "name": "epsilon",
        "type": "f32"
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

// @variants QUADS = 6, 12, 24, 32
const QUADS=24u;

struct Params{rows:u32,columns:u32,epsilon:f32}


@group(0)@binding(0)var<storage,read>x:array<vec4f>;

@group(0)@binding(1)var<storage,read>weight:array<vec4f>;

@group(0)@binding(2)var<storage,read>bias:array<vec4f>;
@group(0)@binding(3)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(4)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn layer_norm_subgroup(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)lane:u32,
){
let quads=params.columns/4;
var factor:array<vec4f,QUADS>;
var shift:array<vec4f,QUADS>;
// @unroll
for(var s=0u;s<QUADS;s++){
let j=min(s*WORKGROUP+lane,quads-1);
factor[s]=weight[j];
shift[s]=bias[j];
}

var row:array<vec4f,QUADS>;
let end=min((group.x+1)*ROWS,params.rows);
for(var i=group.x*ROWS;i<end;i++){
let first=i*quads;
var sum=vec4f();
// @unroll
for(var s=0u;s<QUADS;s++){
let j=s*WORKGROUP+lane;
row[s]=select(vec4f(),x[first+min(j,quads-1)],j<quads);
sum+=row[s];
}
let mean=subgroupAdd(dot(sum,vec4f(1)))/f32(params.columns);

var squares=vec4f();
// @unroll
for(var s=0u;s<QUADS;s++){
row[s]=select(vec4f(),row[s]-mean,s*WORKGROUP+lane<quads);
squares+=row[s]*row[s];
}
let variance=subgroupAdd(dot(squares,vec4f(1)))/f32(params.columns);
let scale=inverseSqrt(variance+params.epsilon);

// @unroll
for(var s=0u;s<QUADS;s++){
let j=s*WORKGROUP+lane;
if j<quads{out[first+j]=row[s]*scale*factor[s]+shift[s];}
}
}
}
`,
  };

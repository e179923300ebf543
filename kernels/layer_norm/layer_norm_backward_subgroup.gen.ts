import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from layer_norm_backward_subgroup.wgsl: do not edit.
/** Bindings and uniforms of `layer_norm_backward_subgroup`. */
export type LayerNormBackwardSubgroupArgs = {
    readonly dOut: Tensor<"f32">;
    readonly x: Tensor<"f32">;
    readonly weight: Tensor<"f32">;
    readonly dx: Tensor<"f32">;
    readonly statistics: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly epsilon: number };
  };

/** See layer_norm_backward_subgroup.wgsl. */
export const layerNormBackwardSubgroupKernel: Kernel<LayerNormBackwardSubgroupArgs> = {
    "name": "layer_norm_backward_subgroup",
    "bindings": [
      {
        "name": "dOut",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
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
        "name": "dx",
        "access": "read_write",
        "dtype": "f32"
      },
      {
        "name": "statistics",
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

// @variants QUADS = 6, 12, 24
const QUADS=24u;

struct Params{rows:u32,columns:u32,epsilon:f32}


@group(0)@binding(0)var<storage,read>dOut:array<vec4f>;

@group(0)@binding(1)var<storage,read>x:array<vec4f>;

@group(0)@binding(2)var<storage,read>weight:array<vec4f>;
@group(0)@binding(3)var<storage,read_write>dx:array<vec4f>;
@group(0)@binding(4)var<storage,read_write>statistics:array<vec2f>;
@group(0)@binding(5)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn layer_norm_backward_subgroup(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)lane:u32,
){
let quads=params.columns/4;
let one=vec4f(1/f32(params.columns));
var factor:array<vec4f,QUADS>;
// @unroll
for(var s=0u;s<QUADS;s++){factor[s]=weight[min(s*WORKGROUP+lane,quads-1)];}

var row:array<vec4f,QUADS>;
var given:array<vec4f,QUADS>;
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
let mean=subgroupAdd(dot(sum,one));

var squares=vec4f();
var total=vec4f();
var product=vec4f();
// @unroll
for(var s=0u;s<QUADS;s++){
let j=s*WORKGROUP+lane;
row[s]=select(vec4f(),row[s]-mean,j<quads);
given[s]=select(vec4f(),dOut[first+min(j,quads-1)]*factor[s],j<quads);
squares+=row[s]*row[s];
total+=given[s];
product+=given[s]*row[s];
}
let scale=inverseSqrt(subgroupAdd(dot(squares,one))+params.epsilon);
let shift=subgroupAdd(dot(total,one));
let slope=subgroupAdd(dot(product,one))*scale*scale;

// @unroll
for(var s=0u;s<QUADS;s++){
let j=s*WORKGROUP+lane;
if j<quads{dx[first+j]=scale*(given[s]-shift-slope*row[s]);}
}
if lane==0{statistics[i]=vec2f(mean,scale);}
}
}
`,
  };

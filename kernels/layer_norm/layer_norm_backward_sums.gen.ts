import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from layer_norm_backward_sums.wgsl: do not edit.
/** Bindings and uniforms of `layer_norm_backward_sums`. */
export type LayerNormBackwardSumsArgs = {
    readonly dOut: Tensor<"f32">;
    readonly x: Tensor<"f32">;
    readonly statistics: Tensor<"f32">;
    readonly dWeight: Tensor<"f32">;
    readonly dBias: Tensor<"f32">;
    readonly params: { readonly count: number; readonly row: number; readonly rows: number; readonly quads: number; readonly sliceRows: number };
  };

/** See layer_norm_backward_sums.wgsl. */
export const layerNormBackwardSumsKernel: Kernel<LayerNormBackwardSumsArgs> = {
    "name": "layer_norm_backward_sums",
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
        "name": "statistics",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "dWeight",
        "access": "read_write",
        "dtype": "f32"
      },
      {
        "name": "dBias",
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
        "name": "row",
        "type": "u32"
      },
      {
        "name": "rows",
        "type": "u32"
      },
      {
        "name": "quads",
        "type": "u32"
      },
      {
        "name": "sliceRows",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `











override WORKGROUP:u32=64;

struct Params{count:u32,row:u32,rows:u32,quads:u32,sliceRows:u32}


@group(0)@binding(0)var<storage,read>dOut:array<vec4f>;

@group(0)@binding(1)var<storage,read>x:array<vec4f>;
@group(0)@binding(2)var<storage,read>statistics:array<vec2f>;
@group(0)@binding(3)var<storage,read_write>dWeight:array<vec4f>;
@group(0)@binding(4)var<storage,read_write>dBias:array<vec4f>;
@group(0)@binding(5)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn layer_norm_backward_sums(@builtin(global_invocation_id)id:vec3u){
let index=id.x+id.y*params.row;
if index>=params.count{return;}
let quad=index%params.quads;
let first=index/params.quads*params.sliceRows;
let last=min(first+params.sliceRows,params.rows);
var products=vec4f();
var sums=vec4f();
for(var i=first;i<last;i++){
let d=dOut[i*params.quads+quad];
let moments=statistics[i];
products+=d*((x[i*params.quads+quad]-moments.x)*moments.y);
sums+=d;
}
dWeight[index]=products;
dBias[index]=sums;
}
`,
  };

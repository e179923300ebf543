import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from layer_norm.wgsl: do not edit.
/** Bindings and uniforms of `layer_norm`. */
export type LayerNormArgs = {
    readonly x: Tensor<"f32">;
    readonly weight: Tensor<"f32">;
    readonly bias: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly epsilon: number };
  };

/** See layer_norm.wgsl. */
export const layerNormKernel: Kernel<LayerNormArgs> = {
    "name": "layer_norm",
    "bindings": [
      {
        "name": "x",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "weight",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "bias",
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
        "name": "epsilon",
        "type": "f32"
      }
    ],
    "overrides": {
      "WORKGROUP": 32
    },
    "requires": [],
    "source": `










override WORKGROUP:u32=32;

struct Params{rows:u32,columns:u32,epsilon:f32}

@group(0)@binding(0)var<storage,read>x:array<vec4f>;
@group(0)@binding(1)var<storage,read>weight:array<vec4f>;
@group(0)@binding(2)var<storage,read>bias:array<vec4f>;
@group(0)@binding(3)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(4)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn layer_norm(@builtin(global_invocation_id)id:vec3u){
let i=id.x;
if i>=params.rows{return;}
let quads=params.columns/4;
let first=i*quads;

var sum=vec4f();
for(var j=0u;j<quads;j++){sum+=x[first+j];}
let mean=dot(sum,vec4f(1))/f32(params.columns);

var squares=vec4f();
for(var j=0u;j<quads;j++){
let centred=x[first+j]-mean;
squares+=centred*centred;
}
let scale=inverseSqrt(dot(squares,vec4f(1))/f32(params.columns)+params.epsilon);

for(var j=0u;j<quads;j++){
out[first+j]=(x[first+j]-mean)*scale*weight[j]+bias[j];
}
}
`,
  };

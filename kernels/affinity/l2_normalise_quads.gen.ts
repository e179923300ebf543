import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from l2_normalise_quads.wgsl: do not edit.
/** Bindings and uniforms of `l2_normalise_quads`. */
export type L2NormaliseQuadsArgs = {
    readonly x: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number };
  };

/** See l2_normalise_quads.wgsl. */
export const l2NormaliseQuadsKernel: Kernel<L2NormaliseQuadsArgs> = {
    "name": "l2_normalise_quads",
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
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `






override WORKGROUP:u32=64;

struct Params{rows:u32,columns:u32}


@group(0)@binding(0)var<storage,read>x:array<vec4f>;
@group(0)@binding(1)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn l2_normalise_quads(@builtin(global_invocation_id)id:vec3u){
let i=id.x;
if i>=params.rows{return;}
let quads=params.columns/4;
var square=0.0;
for(var j=0u;j<quads;j++){
let value=x[i*quads+j];
square+=value.x*value.x;
square+=value.y*value.y;
square+=value.z*value.z;
square+=value.w*value.w;
}
let scale=select(0.0,1/sqrt(square),square>0);
for(var j=0u;j<quads;j++){out[i*quads+j]=x[i*quads+j]*scale;}
}
`,
  };

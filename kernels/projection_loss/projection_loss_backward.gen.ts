import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from projection_loss_backward.wgsl: do not edit.
/** Bindings and uniforms of `projection_loss_backward`. */
export type ProjectionLossBackwardArgs = {
    readonly logits: Tensor<"f32">;
    readonly at: Tensor<"u32">;
    readonly slopes: Tensor<"f32">;
    readonly dLogits: Tensor<"f32">;
    readonly params: { readonly width: number; readonly height: number };
  };

/** See projection_loss_backward.wgsl. */
export const projectionLossBackwardKernel: Kernel<ProjectionLossBackwardArgs> = {
    "name": "projection_loss_backward",
    "bindings": [
      {
        "name": "logits",
        "access": "read",
        "dtype": "f32",
        "texels": "r32float"
      },
      {
        "name": "at",
        "access": "read",
        "dtype": "u32",
        "texels": "r32uint"
      },
      {
        "name": "slopes",
        "access": "read",
        "dtype": "f32",
        "texels": "r32float"
      },
      {
        "name": "dLogits",
        "access": "read_write",
        "dtype": "f32"
      }
    ],
    "params": [
      {
        "name": "width",
        "type": "u32"
      },
      {
        "name": "height",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `










override WORKGROUP:u32=64;

struct Params{width:u32,height:u32}


@group(0)@binding(0)var<storage,read>logits:array<f32>;

@group(0)@binding(1)var<storage,read>at:array<u32>;

@group(0)@binding(2)var<storage,read>slopes:array<f32>;
@group(0)@binding(3)var<storage,read_write>dLogits:array<f32>;
@group(0)@binding(4)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn projection_loss_backward(@builtin(global_invocation_id)id:vec3u){
let n=id.y;
let pixels=params.width*params.height;
if id.x>=pixels{return;}
let x=id.x%params.width;
let y=id.x/params.width;
let sides=params.width+params.height;
let own=n*sides;
let row=params.width+y;
let means=slopes[2*own+sides+x]+slopes[2*own+sides+row];
let column_max=select(0,slopes[2*own+x],at[own+x]==y);
let row_max=select(0,slopes[2*own+row],at[own+row]==x);
let z=logits[n*pixels+id.x];
let e=exp(-abs(z));
dLogits[n*pixels+id.x]=e/((1+e)*(1+e))*(column_max+row_max+means);
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from mask_dice_backward.wgsl: do not edit.
/** Bindings and uniforms of `mask_dice_backward`. */
export type MaskDiceBackwardArgs = {
    readonly logits: Tensor<"f32">;
    readonly masks: Tensor<"u32">;
    readonly maskOf: Tensor<"u32">;
    readonly slopes: Tensor<"f32">;
    readonly dLogits: Tensor<"f32">;
    readonly params: { readonly pixels: number; readonly words: number };
  };

/** See mask_dice_backward.wgsl. */
export const maskDiceBackwardKernel: Kernel<MaskDiceBackwardArgs> = {
    "name": "mask_dice_backward",
    "bindings": [
      {
        "name": "logits",
        "access": "read",
        "dtype": "f32",
        "texels": "r32float"
      },
      {
        "name": "masks",
        "access": "read",
        "dtype": "u32",
        "texels": "r32uint"
      },
      {
        "name": "maskOf",
        "access": "read",
        "dtype": "u32",
        "texels": "r32uint"
      },
      {
        "name": "slopes",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "dLogits",
        "access": "read_write",
        "dtype": "f32"
      }
    ],
    "params": [
      {
        "name": "pixels",
        "type": "u32"
      },
      {
        "name": "words",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `










override WORKGROUP:u32=64;

struct Params{pixels:u32,words:u32}


@group(0)@binding(0)var<storage,read>logits:array<f32>;

@group(0)@binding(1)var<storage,read>masks:array<u32>;

@group(0)@binding(2)var<storage,read>maskOf:array<u32>;
@group(0)@binding(3)var<storage,read>slopes:array<vec2f>;
@group(0)@binding(4)var<storage,read_write>dLogits:array<f32>;
@group(0)@binding(5)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn mask_dice_backward(@builtin(global_invocation_id)id:vec3u){
let i=id.x;
let n=id.y;
if i>=params.pixels{return;}
let t=f32((masks[maskOf[n]*params.words+i/32]>>(i%32))&1);
let z=logits[n*params.pixels+i];
let e=exp(-abs(z));
let p=select(e,1,z>=0)/(1+e);
dLogits[n*params.pixels+i]=e/((1+e)*(1+e))*dot(slopes[n],vec2f(t,p));
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from mask_overlaps.wgsl: do not edit.
/** Bindings and uniforms of `mask_overlaps`. */
export type MaskOverlapsArgs = {
    readonly bits: Tensor<"u32">;
    readonly overlaps: Tensor<"u32">;
    readonly params: { readonly masks: number; readonly words: number; readonly quads: number };
  };

/** See mask_overlaps.wgsl. */
export const maskOverlapsKernel: Kernel<MaskOverlapsArgs> = {
    "name": "mask_overlaps",
    "bindings": [
      {
        "name": "bits",
        "access": "read",
        "dtype": "u32",
        "texels": "rgba32uint"
      },
      {
        "name": "overlaps",
        "access": "read_write",
        "dtype": "u32"
      }
    ],
    "params": [
      {
        "name": "masks",
        "type": "u32"
      },
      {
        "name": "words",
        "type": "u32"
      },
      {
        "name": "quads",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `







override WORKGROUP:u32=64;
const SIDE=4u;

struct Params{masks:u32,words:u32,quads:u32}


@group(0)@binding(0)var<storage,read>bits:array<vec4u>;
@group(0)@binding(1)var<storage,read_write>overlaps:array<u32>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn mask_overlaps(@builtin(global_invocation_id)id:vec3u){
let left=id.y;
let right=id.x;
if right>=params.quads||right<left{return;}
var counts=array<vec4u,SIDE>();
for(var w=0u;w<params.words;w++){
let row=w*params.quads;
let a=bits[row+left];
let b=bits[row+right];
// @unroll
for(var s=0u;s<SIDE;s++){counts[s]+=countOneBits(vec4u(a[s])&b);}
}
// @unroll
for(var s=0u;s<SIDE;s++){
let i=SIDE*left+s;
for(var t=0u;t<SIDE;t++){
let j=SIDE*right+t;
if max(i,j)<params.masks{
overlaps[i*params.masks+j]=counts[s][t];
overlaps[j*params.masks+i]=counts[s][t];
}
}
}
}
`,
  };

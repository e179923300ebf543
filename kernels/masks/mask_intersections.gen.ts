import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from mask_intersections.wgsl: do not edit.
/** Bindings and uniforms of `mask_intersections`. */
export type MaskIntersectionsArgs = {
    readonly a: Tensor<"u32">;
    readonly b: Tensor<"u32">;
    readonly out: Tensor<"u32">;
    readonly params: { readonly masks: number; readonly others: number; readonly words: number; readonly row: number };
  };

/** See mask_intersections.wgsl. */
export const maskIntersectionsKernel: Kernel<MaskIntersectionsArgs> = {
    "name": "mask_intersections",
    "bindings": [
      {
        "name": "a",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "b",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "out",
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
        "name": "others",
        "type": "u32"
      },
      {
        "name": "words",
        "type": "u32"
      },
      {
        "name": "row",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `







override WORKGROUP:u32=64;

struct Params{masks:u32,others:u32,words:u32,row:u32}

@group(0)@binding(0)var<storage,read>a:array<u32>;
@group(0)@binding(1)var<storage,read>b:array<u32>;
@group(0)@binding(2)var<storage,read_write>out:array<u32>;
@group(0)@binding(3)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn mask_intersections(@builtin(global_invocation_id)id:vec3u){
let pair=id.y*params.row+id.x;
if pair>=params.masks*params.others{return;}
let i=pair/params.others;
let j=pair%params.others;
var cells=0u;
for(var w=0u;w<params.words;w++){
cells+=countOneBits(a[i*params.words+w]&b[j*params.words+w]);
}
out[pair]=cells;
}
`,
  };

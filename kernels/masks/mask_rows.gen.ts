import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from mask_rows.wgsl: do not edit.
/** Bindings and uniforms of `mask_rows`. */
export type MaskRowsArgs = {
    readonly table: Tensor<"u32">;
    readonly totals: Tensor<"u32">;
    readonly verdicts: Tensor<"u32">;
    readonly overlaps: Tensor<"u32">;
    readonly fates: Tensor<"u32">;
    readonly coherence: Tensor<"f32">;
    readonly out: Tensor<"u32">;
    readonly params: { readonly capacity: number; readonly limit: number };
  };

/** See mask_rows.wgsl. */
export const maskRowsKernel: Kernel<MaskRowsArgs> = {
    "name": "mask_rows",
    "bindings": [
      {
        "name": "table",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "totals",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "verdicts",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "overlaps",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "fates",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "coherence",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "out",
        "access": "read_write",
        "dtype": "u32"
      }
    ],
    "params": [
      {
        "name": "capacity",
        "type": "u32"
      },
      {
        "name": "limit",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `













override WORKGROUP:u32=64;
const TABLE=8u;
const FATES=3u;
const ROW=13u;

struct Params{capacity:u32,limit:u32}

@group(0)@binding(0)var<storage,read>table:array<u32>;
@group(0)@binding(1)var<storage,read>totals:array<u32>;
@group(0)@binding(2)var<storage,read>verdicts:array<u32>;
@group(0)@binding(3)var<storage,read>overlaps:array<u32>;
@group(0)@binding(4)var<storage,read>fates:array<u32>;
@group(0)@binding(5)var<storage,read>coherence:array<f32>;
@group(0)@binding(6)var<storage,read_write>out:array<u32>;
@group(0)@binding(7)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn mask_rows(@builtin(global_invocation_id)id:vec3u,@builtin(workgroup_id)group:vec3u){
let image=group.y;
if id.x>=params.limit{return;}
let at=(image*params.limit+id.x)*ROW;
if id.x>=totals[image]{
for(var c=0u;c<ROW;c++){out[at+c]=0;}
return;
}
let mask=image*params.capacity+id.x;
for(var c=0u;c<7;c++){out[at+c]=table[mask*TABLE+c];}
out[at+7]=verdicts[mask];
out[at+8]=overlaps[mask];
for(var c=0u;c<FATES;c++){out[at+9+c]=fates[mask*FATES+c];}
out[at+12]=bitcast<u32>(coherence[mask]);
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from mask_bits.wgsl: do not edit.
/** Bindings and uniforms of `mask_bits`. */
export type MaskBitsArgs = {
    readonly components: Tensor<"u32">;
    readonly counts: Tensor<"u32">;
    readonly bits: Tensor<"u32">;
    readonly totals: Tensor<"u32">;
    readonly params: { readonly maps: number; readonly cells: number; readonly words: number; readonly capacity: number };
  };

/** See mask_bits.wgsl. */
export const maskBitsKernel: Kernel<MaskBitsArgs> = {
    "name": "mask_bits",
    "bindings": [
      {
        "name": "components",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "counts",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "bits",
        "access": "read_write",
        "dtype": "u32"
      },
      {
        "name": "totals",
        "access": "read_write",
        "dtype": "u32"
      }
    ],
    "params": [
      {
        "name": "maps",
        "type": "u32"
      },
      {
        "name": "cells",
        "type": "u32"
      },
      {
        "name": "words",
        "type": "u32"
      },
      {
        "name": "capacity",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `










override WORKGROUP:u32=64;
const NONE=0xffffffffu;

struct Params{maps:u32,cells:u32,words:u32,capacity:u32}

@group(0)@binding(0)var<storage,read>components:array<u32>;
@group(0)@binding(1)var<storage,read>counts:array<u32>;
@group(0)@binding(2)var<storage,read_write>bits:array<u32>;
@group(0)@binding(3)var<storage,read_write>totals:array<u32>;
@group(0)@binding(4)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn mask_bits(@builtin(global_invocation_id)id:vec3u,@builtin(workgroup_id)group:vec3u){
if id.x>=params.maps*params.words{return;}
let image=group.y;
let map=id.x/params.words;
let w=id.x%params.words;

var before=0u;
for(var m=0u;m<map;m++){before+=counts[image*params.maps+m];}
let count=counts[image*params.maps+map];
if map==params.maps-1&&w==0{totals[image]=before+count;}

let bits_at=(image*params.capacity+before)*params.words+w;
for(var c=0u;c<count;c++){bits[bits_at+c*params.words]=0;}
let first=(image*params.maps+map)*params.cells;
let end=min(32*w+32,params.cells);
for(var cell=32*w;cell<end;cell++){
let c=components[first+cell];
if c!=NONE{bits[bits_at+c*params.words]|=1u<<(cell%32);}
}
}
`,
  };

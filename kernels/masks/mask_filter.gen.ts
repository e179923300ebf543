import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from mask_filter.wgsl: do not edit.
/** Bindings and uniforms of `mask_filter`. */
export type MaskFilterArgs = {
    readonly bits: Tensor<"u32">;
    readonly table: Tensor<"u32">;
    readonly totals: Tensor<"u32">;
    readonly saliency: Tensor<"u32">;
    readonly verdicts: Tensor<"u32">;
    readonly overlaps: Tensor<"u32">;
    readonly params: { readonly cells: number; readonly words: number; readonly capacity: number; readonly min_area: number; readonly max_share: number; readonly threshold: number; readonly score: number; readonly salient: number };
  };

/** See mask_filter.wgsl. */
export const maskFilterKernel: Kernel<MaskFilterArgs> = {
    "name": "mask_filter",
    "bindings": [
      {
        "name": "bits",
        "access": "read",
        "dtype": "u32"
      },
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
        "name": "saliency",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "verdicts",
        "access": "read_write",
        "dtype": "u32"
      },
      {
        "name": "overlaps",
        "access": "read_write",
        "dtype": "u32"
      }
    ],
    "params": [
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
      },
      {
        "name": "min_area",
        "type": "u32"
      },
      {
        "name": "max_share",
        "type": "u32"
      },
      {
        "name": "threshold",
        "type": "u32"
      },
      {
        "name": "score",
        "type": "u32"
      },
      {
        "name": "salient",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `












override WORKGROUP:u32=64;
const STEPS=10000u;
const TABLE=8u;
const AREA=4u;
const FIRST=6u;
const LAST=7u;

struct Params{
cells:u32,
words:u32,
capacity:u32,
min_area:u32,
max_share:u32,
threshold:u32,
score:u32,
salient:u32,
}

@group(0)@binding(0)var<storage,read>bits:array<u32>;
@group(0)@binding(1)var<storage,read>table:array<u32>;
@group(0)@binding(2)var<storage,read>totals:array<u32>;
@group(0)@binding(3)var<storage,read>saliency:array<u32>;
@group(0)@binding(4)var<storage,read_write>verdicts:array<u32>;
@group(0)@binding(5)var<storage,read_write>overlaps:array<u32>;
@group(0)@binding(6)var<uniform>params:Params;

fn is_salient(area:u32,overlap:u32,salient_area:u32)->bool{
var whole=area;
if params.score==1{whole=area+salient_area-overlap;}
if params.score==2{whole=salient_area;}
if whole==0{return params.threshold==0;}
return STEPS*overlap>=params.threshold*whole;
}

@compute@workgroup_size(WORKGROUP)
fn mask_filter(@builtin(global_invocation_id)id:vec3u,@builtin(workgroup_id)group:vec3u){
let image=group.y;
if id.x>=totals[image]{return;}
let mask=image*params.capacity+id.x;
let area=table[mask*TABLE+AREA];

var verdict=0u;
var overlap=0u;
if params.salient==1{
let first=table[mask*TABLE+FIRST]/32;
let last=table[mask*TABLE+LAST]/32;
var salient_area=0u;
for(var w=0u;w<params.words;w++){
let word=saliency[image*params.words+w];
salient_area+=countOneBits(word);
if w>=first&&w<=last{overlap+=countOneBits(word&bits[mask*params.words+w]);}
}
if!is_salient(area,overlap,salient_area){verdict=3;}
}
if STEPS*area>params.max_share*params.cells{verdict=2;}
if area<params.min_area{verdict=1;}
verdicts[mask]=verdict;
overlaps[mask]=overlap;
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from mask_ranks.wgsl: do not edit.
/** Bindings and uniforms of `mask_ranks`. */
export type MaskRanksArgs = {
    readonly table: Tensor<"u32">;
    readonly totals: Tensor<"u32">;
    readonly verdicts: Tensor<"u32">;
    readonly overlaps: Tensor<"u32">;
    readonly coherence: Tensor<"f32">;
    readonly order: Tensor<"u32">;
    readonly survivors: Tensor<"u32">;
    readonly fates: Tensor<"u32">;
    readonly params: { readonly capacity: number; readonly key: number };
  };

/** See mask_ranks.wgsl. */
export const maskRanksKernel: Kernel<MaskRanksArgs> = {
    "name": "mask_ranks",
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
        "name": "coherence",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "order",
        "access": "read_write",
        "dtype": "u32"
      },
      {
        "name": "survivors",
        "access": "read_write",
        "dtype": "u32"
      },
      {
        "name": "fates",
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
        "name": "key",
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
const TABLE=8u;
const FATES=3u;
const KEY_IOA=0u;
const KEY_K=2u;
const KEY_COHERENCE=3u;

struct Params{
capacity:u32,
key:u32,
}

@group(0)@binding(0)var<storage,read>table:array<u32>;
@group(0)@binding(1)var<storage,read>totals:array<u32>;
@group(0)@binding(2)var<storage,read>verdicts:array<u32>;
@group(0)@binding(3)var<storage,read>overlaps:array<u32>;
@group(0)@binding(4)var<storage,read>coherence:array<f32>;
@group(0)@binding(5)var<storage,read_write>order:array<u32>;
@group(0)@binding(6)var<storage,read_write>survivors:array<u32>;
@group(0)@binding(7)var<storage,read_write>fates:array<u32>;
@group(0)@binding(8)var<uniform>params:Params;

struct Mask{mask:u32,k:u32,area:u32,first:u32,overlap:u32,coherence:f32}

fn load(mask:u32)->Mask{
let at=mask*TABLE;
return Mask(mask,table[at+1],table[at+4],table[at+6],overlaps[mask],coherence[mask]);
}

fn is_better(a:Mask,b:Mask)->bool{
if params.key==KEY_IOA{
let x=a.overlap*b.area;
let y=b.overlap*a.area;
if x!=y{return x>y;}
}
if params.key==KEY_COHERENCE&&a.coherence!=b.coherence{return a.coherence>b.coherence;}
if params.key==KEY_K&&a.k!=b.k{return a.k<b.k;}
if a.area!=b.area{return a.area>b.area;}
if a.k!=b.k{return a.k<b.k;}
if a.first!=b.first{return a.first<b.first;}
return a.mask<b.mask;
}

@compute@workgroup_size(WORKGROUP)
fn mask_ranks(@builtin(global_invocation_id)id:vec3u,@builtin(workgroup_id)group:vec3u){
let image=group.y;
let base=image*params.capacity;
let total=totals[image];
if id.x>=max(total,1){return;}
let mask=base+id.x;
let own=load(mask);
var rank=0u;
var count=0u;
for(var m=0u;m<total;m++){
if verdicts[base+m]!=0{continue;}
count++;
if m!=id.x{rank+=u32(is_better(load(base+m),own));}
}
if id.x==0{survivors[image]=count;}
if total==0{return;}
let passed=verdicts[mask]==0;
if passed{order[base+rank]=id.x;}
fates[mask*FATES]=select(NONE,rank,passed);
fates[mask*FATES+1]=NONE;
fates[mask*FATES+2]=0;
}
`,
  };

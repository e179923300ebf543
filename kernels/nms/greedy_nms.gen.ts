import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from greedy_nms.wgsl: do not edit.
/** Bindings and uniforms of `greedy_nms`. */
export type GreedyNmsArgs = {
    readonly bits: Tensor<"u32">;
    readonly table: Tensor<"u32">;
    readonly order: Tensor<"u32">;
    readonly survivors: Tensor<"u32">;
    readonly fates: Tensor<"u32">;
    readonly params: { readonly words: number; readonly capacity: number; readonly threshold: number; readonly start: number; readonly ranks: number };
  };

/** See greedy_nms.wgsl. */
export const greedyNmsKernel: Kernel<GreedyNmsArgs> = {
    "name": "greedy_nms",
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
        "name": "order",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "survivors",
        "access": "read",
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
        "name": "words",
        "type": "u32"
      },
      {
        "name": "capacity",
        "type": "u32"
      },
      {
        "name": "threshold",
        "type": "u32"
      },
      {
        "name": "start",
        "type": "u32"
      },
      {
        "name": "ranks",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 256
    },
    "requires": [],
    "source": `











override WORKGROUP:u32=256;
const NONE=0xffffffffu;
const STEPS=10000u;
const TABLE=8u;
const AREA=4u;
const FIRST=6u;
const LAST=7u;
const FATES=3u;

struct Params{
words:u32,
capacity:u32,
threshold:u32,
start:u32,
ranks:u32,
}

@group(0)@binding(0)var<storage,read>bits:array<u32>;
@group(0)@binding(1)var<storage,read>table:array<u32>;
@group(0)@binding(2)var<storage,read>order:array<u32>;
@group(0)@binding(3)var<storage,read>survivors:array<u32>;
@group(0)@binding(4)var<storage,read_write>fates:array<u32>;
@group(0)@binding(5)var<uniform>params:Params;


fn shared_cells(a:u32,b:u32)->u32{
let first=max(table[a*TABLE+FIRST],table[b*TABLE+FIRST])/32;
let last=min(table[a*TABLE+LAST],table[b*TABLE+LAST])/32;
var cells=0u;
for(var w=first;w<=last;w++){
cells+=countOneBits(bits[a*params.words+w]&bits[b*params.words+w]);
}
return cells;
}


fn suppress(base:u32,best:u32,start:u32,count:u32){
let area=table[best*TABLE+AREA];
for(var r=start;r<count;r+=WORKGROUP){
let mask=base+order[base+r];
if fates[mask*FATES+1]!=NONE{continue;}
let other_area=table[mask*TABLE+AREA];

if STEPS*min(area,other_area)<=params.threshold*max(area,other_area){continue;}
let cells=shared_cells(best,mask);
if STEPS*cells>params.threshold*(area+other_area-cells){
fates[mask*FATES+1]=best-base;
fates[mask*FATES+2]=cells;
}
}
}

@compute@workgroup_size(WORKGROUP)
fn greedy_nms(@builtin(workgroup_id)group:vec3u,@builtin(local_invocation_id)id:vec3u){
let image=group.x;
let lane=id.x;
let base=image*params.capacity;
let count=survivors[image];

for(var r=params.start;r<min(count,params.start+params.ranks);r++){
storageBarrier();
let best=base+order[base+r];
if fates[best*FATES+1]==NONE{suppress(base,best,r+1+lane,count);}
}
}
`,
  };

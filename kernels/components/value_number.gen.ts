import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from value_number.wgsl: do not edit.
/** Bindings and uniforms of `value_number`. */
export type ValueNumberArgs = {
    readonly values: Tensor<"u32">;
    readonly components: Tensor<"u32">;
    readonly firsts: Tensor<"u32">;
    readonly counts: Tensor<"u32">;
    readonly params: { readonly cells: number };
  };

/** See value_number.wgsl. */
export const valueNumberKernel: Kernel<ValueNumberArgs> = {
    "name": "value_number",
    "bindings": [
      {
        "name": "values",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "components",
        "access": "read_write",
        "dtype": "u32"
      },
      {
        "name": "firsts",
        "access": "read_write",
        "dtype": "u32"
      },
      {
        "name": "counts",
        "access": "read_write",
        "dtype": "u32"
      }
    ],
    "params": [
      {
        "name": "cells",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `










override WORKGROUP:u32=64;
const MOST=64u;
const NONE=0xffffffffu;

struct Params{cells:u32}

@group(0)@binding(0)var<storage,read>values:array<u32>;
@group(0)@binding(1)var<storage,read_write>components:array<u32>;
@group(0)@binding(2)var<storage,read_write>firsts:array<u32>;
@group(0)@binding(3)var<storage,read_write>counts:array<u32>;
@group(0)@binding(4)var<uniform>params:Params;

var<workgroup>begins:array<atomic<u32>,MOST>;
var<workgroup>numbers:array<u32,MOST>;
var<workgroup>present:atomic<u32>;

@compute@workgroup_size(WORKGROUP)
fn value_number(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_id)id:vec3u,
){
let lane=id.x;
let first=group.x*params.cells;
for(var v=lane;v<MOST;v+=WORKGROUP){atomicStore(&begins[v],NONE);}
workgroupBarrier();
for(var cell=lane;cell<params.cells;cell+=WORKGROUP){
atomicMin(&begins[values[first+cell]],cell);
}
workgroupBarrier();
for(var v=lane;v<MOST;v+=WORKGROUP){
let begin=atomicLoad(&begins[v]);
if begin==NONE{continue;}
var number=0u;
for(var other=0u;other<MOST;other++){
number+=u32(atomicLoad(&begins[other])<begin);
}
numbers[v]=number;
firsts[first+number]=begin;
atomicAdd(&present,1u);
}
workgroupBarrier();
if lane==0{counts[group.x]=atomicLoad(&present);}
for(var cell=lane;cell<params.cells;cell+=WORKGROUP){
components[first+cell]=numbers[values[first+cell]];
}
}
`,
  };

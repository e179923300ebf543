import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from component_number.wgsl: do not edit.
/** Bindings and uniforms of `component_number`. */
export type ComponentNumberArgs = {
    readonly parents: Tensor<"u32">;
    readonly components: Tensor<"u32">;
    readonly firsts: Tensor<"u32">;
    readonly counts: Tensor<"u32">;
    readonly params: { readonly cells: number };
  };

/** See component_number.wgsl. */
export const componentNumberKernel: Kernel<ComponentNumberArgs> = {
    "name": "component_number",
    "bindings": [
      {
        "name": "parents",
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
const NONE=0xffffffffu;

struct Params{cells:u32}

@group(0)@binding(0)var<storage,read>parents:array<u32>;
@group(0)@binding(1)var<storage,read_write>components:array<u32>;
@group(0)@binding(2)var<storage,read_write>firsts:array<u32>;
@group(0)@binding(3)var<storage,read_write>counts:array<u32>;
@group(0)@binding(4)var<uniform>params:Params;

var<workgroup>roots:array<u32,WORKGROUP>;

@compute@workgroup_size(WORKGROUP)
fn component_number(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_id)id:vec3u,
){
let map=group.x;
let lane=id.x;
let first=map*params.cells;
let chunk=(params.cells+WORKGROUP-1)/WORKGROUP;
let begin=min(lane*chunk,params.cells);
let end=min(begin+chunk,params.cells);

for(var cell=begin;cell<end;cell++){
roots[lane]+=u32(parents[first+cell]==cell);
}
workgroupBarrier();

var number=0u;
for(var l=0u;l<lane;l++){number+=roots[l];}
if lane==WORKGROUP-1{counts[map]=number+roots[lane];}
for(var cell=begin;cell<end;cell++){
if parents[first+cell]!=cell{continue;}
components[first+cell]=number;
firsts[first+number]=cell;
number++;
}
storageBarrier();

for(var cell=begin;cell<end;cell++){
var at=parents[first+cell];
if at==cell{continue;}
if at==NONE{
components[first+cell]=NONE;
continue;
}
while parents[first+at]!=at{at=parents[first+at];}
components[first+cell]=components[first+at];
}
}
`,
  };

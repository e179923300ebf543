import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from component_merge.wgsl: do not edit.
/** Bindings and uniforms of `component_merge`. */
export type ComponentMergeArgs = {
    readonly values: Tensor<"u32">;
    readonly parents: Tensor<"u32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly diagonals: number };
  };

/** See component_merge.wgsl. */
export const componentMergeKernel: Kernel<ComponentMergeArgs> = {
    "name": "component_merge",
    "bindings": [
      {
        "name": "values",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "parents",
        "access": "read_write",
        "dtype": "u32"
      }
    ],
    "params": [
      {
        "name": "rows",
        "type": "u32"
      },
      {
        "name": "columns",
        "type": "u32"
      },
      {
        "name": "diagonals",
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

struct Params{rows:u32,columns:u32,diagonals:u32}

@group(0)@binding(0)var<storage,read>values:array<u32>;
@group(0)@binding(1)var<storage,read_write>parents:array<atomic<u32>>;
@group(0)@binding(2)var<uniform>params:Params;

fn root(first:u32,cell:u32)->u32{
var at=cell;
var parent=atomicLoad(&parents[first+at]);
while parent!=at{
at=parent;
parent=atomicLoad(&parents[first+at]);
}
return at;
}

fn join(first:u32,one:u32,other:u32){
var a=one;
var b=other;
loop{
a=root(first,a);
b=root(first,b);
if a==b{return;}
let high=max(a,b);
let low=min(a,b);
let parent=atomicMin(&parents[first+high],low);
if parent==high{return;}
a=parent;
b=low;
}
}

@compute@workgroup_size(WORKGROUP)
fn component_merge(
@builtin(global_invocation_id)id:vec3u,
@builtin(workgroup_id)group:vec3u,
){
let cell=id.x;
let columns=params.columns;
if cell>=params.rows*columns||cell<columns{return;}
let first=group.y*params.rows*columns;
let value=values[first+cell];
if atomicLoad(&parents[first+cell])==NONE{return;}
let column=cell%columns;
let above=cell-columns;
let has_left=column>0;
let has_right=column+1<columns;
let same_left=has_left&&values[first+cell-1]==value;
let same_above=values[first+above]==value;
let same_above_left=has_left&&values[first+above-1]==value;


if same_above&& !(same_left&&same_above_left){join(first,cell,above);}
if params.diagonals==1&& !same_above{
if same_above_left&& !same_left{join(first,cell,above-1);}
if has_right&&values[first+above+1]==value{join(first,cell,above+1);}
}
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from component_runs.wgsl: do not edit.
/** Bindings and uniforms of `component_runs`. */
export type ComponentRunsArgs = {
    readonly values: Tensor<"u32">;
    readonly parents: Tensor<"u32">;
    readonly params: { readonly lines: number; readonly rows: number; readonly columns: number; readonly background: number; readonly has_background: number };
  };

/** See component_runs.wgsl. */
export const componentRunsKernel: Kernel<ComponentRunsArgs> = {
    "name": "component_runs",
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
        "name": "lines",
        "type": "u32"
      },
      {
        "name": "rows",
        "type": "u32"
      },
      {
        "name": "columns",
        "type": "u32"
      },
      {
        "name": "background",
        "type": "u32"
      },
      {
        "name": "has_background",
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

struct Params{lines:u32,rows:u32,columns:u32,background:u32,has_background:u32}

@group(0)@binding(0)var<storage,read>values:array<u32>;
@group(0)@binding(1)var<storage,read_write>parents:array<u32>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn component_runs(@builtin(global_invocation_id)id:vec3u){
let line=id.x;
if line>=params.lines{return;}
let first=line*params.columns;
let row_cell=(line%params.rows)*params.columns;
var start=0u;
for(var column=0u;column<params.columns;column++){
let value=values[first+column];
if column>0&&value!=values[first+column-1]{start=column;}
let ground=params.has_background==1&&value==params.background;
parents[first+column]=select(row_cell+start,NONE,ground);
}
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from value_range.wgsl: do not edit.
/** Bindings and uniforms of `value_range`. */
export type ValueRangeArgs = {
    readonly x: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly size: number; readonly parts: number };
  };

/** See value_range.wgsl. */
export const valueRangeKernel: Kernel<ValueRangeArgs> = {
    "name": "value_range",
    "bindings": [
      {
        "name": "x",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "out",
        "access": "read_write",
        "dtype": "f32"
      }
    ],
    "params": [
      {
        "name": "size",
        "type": "u32"
      },
      {
        "name": "parts",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `







override WORKGROUP:u32=64;

struct Params{size:u32,parts:u32}

@group(0)@binding(0)var<storage,read>x:array<f32>;
@group(0)@binding(1)var<storage,read_write>out:array<vec2f>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn value_range(
@builtin(global_invocation_id)id:vec3u,
@builtin(workgroup_id)group:vec3u,
){
let part=id.x;
if part>=params.parts{return;}
let first=group.y*params.size;
var low=x[first+part];
var high=low;
for(var at=part+params.parts;at<params.size;at+=params.parts){
low=min(low,x[first+at]);
high=max(high,x[first+at]);
}
out[group.y*params.parts+part]=vec2f(low,high);
}
`,
  };

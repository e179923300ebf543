import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from clip_to_norm.wgsl: do not edit.
/** Bindings and uniforms of `clip_to_norm`. */
export type ClipToNormArgs = {
    readonly norm: Tensor<"f32">;
    readonly x: Tensor<"f32">;
    readonly params: { readonly count: number; readonly stride: number; readonly limit: number };
  };

/** See clip_to_norm.wgsl. */
export const clipToNormKernel: Kernel<ClipToNormArgs> = {
    "name": "clip_to_norm",
    "bindings": [
      {
        "name": "norm",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "x",
        "access": "read_write",
        "dtype": "f32"
      }
    ],
    "params": [
      {
        "name": "count",
        "type": "u32"
      },
      {
        "name": "stride",
        "type": "u32"
      },
      {
        "name": "limit",
        "type": "f32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `







override WORKGROUP:u32=64;

struct Params{count:u32,stride:u32,limit:f32}

@group(0)@binding(0)var<storage,read>norm:array<f32>;
@group(0)@binding(1)var<storage,read_write>x:array<f32>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn clip_to_norm(@builtin(global_invocation_id)id:vec3u){
let i=id.x+id.y*params.stride;
if i<params.count{x[i]*=min(1,params.limit/(norm[0]+1e-6));}
}
`,
  };

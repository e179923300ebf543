import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from normalize_affinity.wgsl: do not edit.
/** Bindings and uniforms of `normalize_affinity`. */
export type NormalizeAffinityArgs = {
    readonly scale: Tensor<"f32">;
    readonly affinity: Tensor<"f32">;
    readonly params: { readonly nodes: number; readonly columns: number; readonly first: number };
  };

/** See normalize_affinity.wgsl. */
export const normalizeAffinityKernel: Kernel<NormalizeAffinityArgs> = {
    "name": "normalize_affinity",
    "bindings": [
      {
        "name": "scale",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "affinity",
        "access": "read_write",
        "dtype": "f32"
      }
    ],
    "params": [
      {
        "name": "nodes",
        "type": "u32"
      },
      {
        "name": "columns",
        "type": "u32"
      },
      {
        "name": "first",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `








override WORKGROUP:u32=64;

struct Params{nodes:u32,columns:u32,first:u32}

@group(0)@binding(0)var<storage,read>scale:array<f32>;
@group(0)@binding(1)var<storage,read_write>affinity:array<f32>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn normalize_affinity(
@builtin(global_invocation_id)id:vec3u,
@builtin(workgroup_id)group:vec3u,
){
let columns=params.columns;
if id.x>=columns{return;}
let image=group.z*params.nodes;
affinity[(image+group.y)*columns+id.x]*=
scale[image+group.y]*scale[image+params.first+id.x];
}
`,
  };

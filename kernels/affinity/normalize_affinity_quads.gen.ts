import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from normalize_affinity_quads.wgsl: do not edit.
/** Bindings and uniforms of `normalize_affinity_quads`. */
export type NormalizeAffinityQuadsArgs = {
    readonly scale: Tensor<"f32">;
    readonly affinity: Tensor<"f32">;
    readonly params: { readonly nodes: number; readonly columns: number; readonly first: number };
  };

/** See normalize_affinity_quads.wgsl. */
export const normalizeAffinityQuadsKernel: Kernel<NormalizeAffinityQuadsArgs> = {
    "name": "normalize_affinity_quads",
    "bindings": [
      {
        "name": "scale",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
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


@group(0)@binding(0)var<storage,read>scale:array<vec4f>;
@group(0)@binding(1)var<storage,read_write>affinity:array<vec4f>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn normalize_affinity_quads(
@builtin(global_invocation_id)id:vec3u,
@builtin(workgroup_id)group:vec3u,
){
let quads=params.columns/4;
if id.x>=quads{return;}
let image=group.z*params.nodes;
let row=image+group.y;
affinity[row*quads+id.x]*=scale[row/4][row%4]*
scale[(image+params.first)/4+id.x];
}
`,
  };

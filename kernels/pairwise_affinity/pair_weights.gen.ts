import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from pair_weights.wgsl: do not edit.
/** Bindings and uniforms of `pair_weights`. */
export type PairWeightsArgs = {
    readonly counts: Tensor<"u32">;
    readonly maskOf: Tensor<"u32">;
    readonly groupOf: Tensor<"u32">;
    readonly weights: Tensor<"f32">;
    readonly params: { readonly entries: number; readonly factor: number };
  };

/** See pair_weights.wgsl. */
export const pairWeightsKernel: Kernel<PairWeightsArgs> = {
    "name": "pair_weights",
    "bindings": [
      {
        "name": "counts",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "maskOf",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "groupOf",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "weights",
        "access": "read_write",
        "dtype": "f32"
      }
    ],
    "params": [
      {
        "name": "entries",
        "type": "u32"
      },
      {
        "name": "factor",
        "type": "f32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `








override WORKGROUP:u32=64;

struct Params{entries:u32,factor:f32}

@group(0)@binding(0)var<storage,read>counts:array<u32>;
@group(0)@binding(1)var<storage,read>maskOf:array<u32>;
@group(0)@binding(2)var<storage,read>groupOf:array<u32>;
@group(0)@binding(3)var<storage,read_write>weights:array<f32>;
@group(0)@binding(4)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn pair_weights(@builtin(global_invocation_id)id:vec3u){
let n=id.x;
if n>=params.entries{return;}
var sum=0f;
for(var m=0u;m<params.entries;m++){
if groupOf[m]==groupOf[n]{sum+=f32(counts[maskOf[m]]);}
}
weights[n]=params.factor/max(sum,1);
}
`,
  };

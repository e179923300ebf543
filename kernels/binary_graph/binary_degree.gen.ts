import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from binary_degree.wgsl: do not edit.
/** Bindings and uniforms of `binary_degree`. */
export type BinaryDegreeArgs = {
    readonly bits: Tensor<"u32">;
    readonly neighbours: Tensor<"u32">;
    readonly inv_sqrt_degree: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly words: number; readonly others: number; readonly epsilon: number };
  };

/** See binary_degree.wgsl. */
export const binaryDegreeKernel: Kernel<BinaryDegreeArgs> = {
    "name": "binary_degree",
    "bindings": [
      {
        "name": "bits",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "neighbours",
        "access": "read_write",
        "dtype": "u32"
      },
      {
        "name": "inv_sqrt_degree",
        "access": "read_write",
        "dtype": "f32"
      }
    ],
    "params": [
      {
        "name": "rows",
        "type": "u32"
      },
      {
        "name": "words",
        "type": "u32"
      },
      {
        "name": "others",
        "type": "u32"
      },
      {
        "name": "epsilon",
        "type": "f32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `








override WORKGROUP:u32=64;

struct Params{rows:u32,words:u32,others:u32,epsilon:f32}

@group(0)@binding(0)var<storage,read>bits:array<u32>;
@group(0)@binding(1)var<storage,read_write>neighbours:array<u32>;
@group(0)@binding(2)var<storage,read_write>inv_sqrt_degree:array<f32>;
@group(0)@binding(3)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn binary_degree(@builtin(global_invocation_id)id:vec3u){
let i=id.x;
if i>=params.rows{return;}
var count=0u;
for(var w=0u;w<params.words;w++){count+=countOneBits(bits[i*params.words+w]);}
let degree=f32(count)+params.epsilon*f32(params.others-count);
neighbours[i]=count;
inv_sqrt_degree[i]=select(1.0,1/sqrt(degree),degree>0);
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from not_finite.wgsl: do not edit.
/** Bindings and uniforms of `not_finite`. */
export type NotFiniteArgs = {
    readonly x: Tensor<"u32">;
    readonly first: Tensor<"u32">;
    readonly params: { readonly count: number; readonly tensor: number; readonly stride: number };
  };

/** See not_finite.wgsl. */
export const notFiniteKernel: Kernel<NotFiniteArgs> = {
    "name": "not_finite",
    "bindings": [
      {
        "name": "x",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "first",
        "access": "read_write",
        "dtype": "u32"
      }
    ],
    "params": [
      {
        "name": "count",
        "type": "u32"
      },
      {
        "name": "tensor",
        "type": "u32"
      },
      {
        "name": "stride",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `






override WORKGROUP:u32=64;
const EXPONENT=0x7f800000u;

struct Params{count:u32,tensor:u32,stride:u32}

@group(0)@binding(0)var<storage,read>x:array<u32>;
@group(0)@binding(1)var<storage,read_write>first:array<atomic<u32>>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn not_finite(@builtin(global_invocation_id)id:vec3u){
for(var i=id.x;i<params.count;i+=params.stride){
if(x[i]&EXPONENT)==EXPONENT{
atomicMin(&first[params.tensor],i);
return;
}
}
}
`,
  };

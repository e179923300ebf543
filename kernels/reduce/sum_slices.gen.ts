import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from sum_slices.wgsl: do not edit.
/** Bindings and uniforms of `sum_slices`. */
export type SumSlicesArgs = {
    readonly x: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly slices: number; readonly count: number; readonly stride: number };
  };

/** See sum_slices.wgsl. */
export const sumSlicesKernel: Kernel<SumSlicesArgs> = {
    "name": "sum_slices",
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
        "name": "slices",
        "type": "u32"
      },
      {
        "name": "count",
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
    "source": `// out[i] = Σ_s x[s, i], in the order of the slices
//
// x    [slices, count]  f32
// out  [count]          f32
//
// One invocation per element: the second stage of a product whose sum was split.

override WORKGROUP: u32 = 64;

struct Params { slices: u32, count: u32, stride: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn sum_slices(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.stride;
  if i >= params.count { return; }
  var sum = 0f;
  for (var s = 0u; s < params.slices; s++) { sum += x[s * params.count + i]; }
  out[i] = sum;
}
`,
  };

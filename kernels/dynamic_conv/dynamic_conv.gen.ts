import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from dynamic_conv.wgsl: do not edit.
/** Bindings and uniforms of `dynamic_conv`. */
export type DynamicConvArgs = {
    readonly kernels: Tensor<"f32">;
    readonly features: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly pixels: number; readonly quads: number; readonly first: number; readonly count: number; readonly base: number };
  };

/** See dynamic_conv.wgsl. */
export const dynamicConvKernel: Kernel<DynamicConvArgs> = {
    "name": "dynamic_conv",
    "bindings": [
      {
        "name": "kernels",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "features",
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
        "name": "pixels",
        "type": "u32"
      },
      {
        "name": "quads",
        "type": "u32"
      },
      {
        "name": "first",
        "type": "u32"
      },
      {
        "name": "count",
        "type": "u32"
      },
      {
        "name": "base",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `// out[n, p] = Σ_c kernels[n, c] · features[image, p, c] for the entries n of one image
//
// kernels   [entries, channels]         f32, channels a multiple of 4
// features  [images, pixels, channels]  f32
// out       [entries, pixels]           f32
//
// One invocation per pixel and ROWS entries, which share the load of its features; the kernels are
// the same for all invocations of a workgroup. One dispatch per image: its entries are the \`count\`
// from \`first\` on, its features start at quad \`base\`.
// Source: Wang et al. 2020 (SOLOv2), arXiv 2003.10152, §3.2.1, kernels of 1 × 1.

override WORKGROUP: u32 = 64;
const ROWS = 4u;

struct Params { pixels: u32, quads: u32, first: u32, count: u32, base: u32 }

@group(0) @binding(0) var<storage, read> kernels: array<vec4f>;
@group(0) @binding(1) var<storage, read> features: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn dynamic_conv(@builtin(global_invocation_id) id: vec3u) {
  let p = id.x;
  let row = id.y * ROWS;
  if p >= params.pixels { return; }
  var sums: array<f32, ROWS>;
  var at: array<u32, ROWS>;
  // @unroll
  for (var r = 0u; r < ROWS; r++) {
    at[r] = (params.first + min(row + r, params.count - 1)) * params.quads;
  }
  let own = params.base + p * params.quads;
  for (var c = 0u; c < params.quads; c++) {
    let feature = features[own + c];
    // @unroll
    for (var r = 0u; r < ROWS; r++) { sums[r] += dot(kernels[at[r] + c], feature); }
  }
  // @unroll
  for (var r = 0u; r < ROWS; r++) {
    if row + r < params.count { out[(params.first + row + r) * params.pixels + p] = sums[r]; }
  }
}
`,
  };

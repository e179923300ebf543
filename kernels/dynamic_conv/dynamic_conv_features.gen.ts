import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from dynamic_conv_features.wgsl: do not edit.
/** Bindings and uniforms of `dynamic_conv_features`. */
export type DynamicConvFeaturesArgs = {
    readonly dOut: Tensor<"f32">;
    readonly kernels: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly pixels: number; readonly quads: number; readonly first: number; readonly count: number; readonly base: number; readonly stride: number };
  };

/** See dynamic_conv_features.wgsl. */
export const dynamicConvFeaturesKernel: Kernel<DynamicConvFeaturesArgs> = {
    "name": "dynamic_conv_features",
    "bindings": [
      {
        "name": "dOut",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "kernels",
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
    "source": `// out[image, p, c] = Σ_n dOut[n, p] · kernels[n, c] over the entries n of the image, in their order
//
// dOut     [entries, pixels]           f32
// kernels  [entries, channels]         f32, channels a multiple of 4
// out      [images, pixels, channels]  f32, zero for an image without entries
//
// The gradient of dynamic_conv with respect to its features. One invocation per PIXELS pixels and
// quad of channels. One dispatch per image, as in dynamic_conv.wgsl.

override WORKGROUP: u32 = 64;
const PIXELS = 4u;

struct Params { pixels: u32, quads: u32, first: u32, count: u32, base: u32, stride: u32 }

@group(0) @binding(0) var<storage, read> dOut: array<f32>;
@group(0) @binding(1) var<storage, read> kernels: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn dynamic_conv_features(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.stride;
  let c = index % params.quads;
  let p = index / params.quads * PIXELS;
  if p >= params.pixels { return; }
  var sums: array<vec4f, PIXELS>;
  for (var n = params.first; n < params.first + params.count; n++) {
    let kernel = kernels[n * params.quads + c];
    // @unroll
    for (var j = 0u; j < PIXELS; j++) {
      sums[j] += dOut[n * params.pixels + min(p + j, params.pixels - 1)] * kernel;
    }
  }
  // @unroll
  for (var j = 0u; j < PIXELS; j++) {
    if p + j < params.pixels { out[params.base + (p + j) * params.quads + c] = sums[j]; }
  }
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from dynamic_conv_kernels.wgsl: do not edit.
/** Bindings and uniforms of `dynamic_conv_kernels`. */
export type DynamicConvKernelsArgs = {
    readonly dOut: Tensor<"f32">;
    readonly features: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly pixels: number; readonly quads: number; readonly first: number; readonly count: number; readonly base: number; readonly entries: number; readonly slices: number; readonly length: number; readonly stride: number };
  };

/** See dynamic_conv_kernels.wgsl. */
export const dynamicConvKernelsKernel: Kernel<DynamicConvKernelsArgs> = {
    "name": "dynamic_conv_kernels",
    "bindings": [
      {
        "name": "dOut",
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
      },
      {
        "name": "entries",
        "type": "u32"
      },
      {
        "name": "slices",
        "type": "u32"
      },
      {
        "name": "length",
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
    "source": `// out[s, n, c] = Σ_{p in slice s} dOut[n, p] · features[image, p, c] for the entries n of one image
//
// dOut      [entries, pixels]           f32
// features  [images, pixels, channels]  f32, channels a multiple of 4
// out       [slices, entries, channels] f32, to be summed over the slices
//
// The gradient of dynamic_conv with respect to its kernels, its long sum split in slices of \`length\`
// pixels. One invocation per slice, ROWS entries and quad of channels. One dispatch per image, as in
// dynamic_conv.wgsl; \`entries\` are those of all images.

override WORKGROUP: u32 = 64;
const ROWS = 4u;

struct Params {
  pixels: u32, quads: u32, first: u32, count: u32, base: u32,
  entries: u32, slices: u32, length: u32, stride: u32,
}

@group(0) @binding(0) var<storage, read> dOut: array<f32>;
@group(0) @binding(1) var<storage, read> features: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn dynamic_conv_kernels(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.stride;
  let blocks = (params.count + ROWS - 1) / ROWS;
  let c = index % params.quads;
  let row = index / params.quads % blocks * ROWS;
  let s = index / (params.quads * blocks);
  if s >= params.slices { return; }
  var sums: array<vec4f, ROWS>;
  var at: array<u32, ROWS>;
  // @unroll
  for (var r = 0u; r < ROWS; r++) {
    at[r] = (params.first + min(row + r, params.count - 1)) * params.pixels;
  }
  let end = min((s + 1) * params.length, params.pixels);
  for (var p = s * params.length; p < end; p++) {
    let feature = features[params.base + p * params.quads + c];
    // @unroll
    for (var r = 0u; r < ROWS; r++) { sums[r] += dOut[at[r] + p] * feature; }
  }
  // @unroll
  for (var r = 0u; r < ROWS; r++) {
    if row + r < params.count {
      out[(s * params.entries + params.first + row + r) * params.quads + c] = sums[r];
    }
  }
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from gather_rows_backward.wgsl: do not edit.
/** Bindings and uniforms of `gather_rows_backward`. */
export type GatherRowsBackwardArgs = {
    readonly dOut: Tensor<"f32">;
    readonly index: Tensor<"u32">;
    readonly dx: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly count: number; readonly columns: number; readonly stride: number };
  };

/** See gather_rows_backward.wgsl. */
export const gatherRowsBackwardKernel: Kernel<GatherRowsBackwardArgs> = {
    "name": "gather_rows_backward",
    "bindings": [
      {
        "name": "dOut",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "index",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "dx",
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
        "name": "count",
        "type": "u32"
      },
      {
        "name": "columns",
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
    "source": `// dx[i, c] = Σ_{n: index[n] = i} dOut[n, c], in the order of n
//
// dOut   [count, columns]  f32
// index  [count]           u32
// dx     [rows, columns]   f32, zero where no entry points
//
// One invocation per element, which walks all entries: a gather, so that rows that several entries
// share need no atomics.

override WORKGROUP: u32 = 64;

struct Params { rows: u32, count: u32, columns: u32, stride: u32 }

@group(0) @binding(0) var<storage, read> dOut: array<f32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn gather_rows_backward(@builtin(global_invocation_id) id: vec3u) {
  let at = id.x + id.y * params.stride;
  if at >= params.rows * params.columns { return; }
  let i = at / params.columns;
  let c = at % params.columns;
  var sum = 0f;
  for (var n = 0u; n < params.count; n++) {
    if index[n] == i { sum += dOut[n * params.columns + c]; }
  }
  dx[at] = sum;
}
`,
  };

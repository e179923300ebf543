import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from add.wgsl: do not edit.
/** Bindings and uniforms of `add`. */
export type AddArgs = {
    readonly a: Tensor<"f32">;
    readonly b: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly quads: number; readonly row: number };
  };

/** See add.wgsl. */
export const addKernel: Kernel<AddArgs> = {
    "name": "add",
    "bindings": [
      {
        "name": "a",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "b",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "out",
        "access": "read_write",
        "dtype": "f32"
      }
    ],
    "params": [
      {
        "name": "quads",
        "type": "u32"
      },
      {
        "name": "row",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `







override WORKGROUP:u32=64;

struct Params{quads:u32,row:u32}


@group(0)@binding(0)var<storage,read>a:array<vec4f>;

@group(0)@binding(1)var<storage,read>b:array<vec4f>;
@group(0)@binding(2)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(3)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn add(@builtin(global_invocation_id)id:vec3u){
let i=id.x+id.y*params.row;
if i>=params.quads{return;}
out[i]=a[i]+b[i];
}
`,
  };

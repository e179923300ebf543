import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from drop_channels.wgsl: do not edit.
/** Bindings and uniforms of `drop_channels`. */
export type DropChannelsArgs = {
    readonly x: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly count: number; readonly row: number; readonly quads: number; readonly dropped: number };
  };

/** See drop_channels.wgsl. */
export const dropChannelsKernel: Kernel<DropChannelsArgs> = {
    "name": "drop_channels",
    "bindings": [
      {
        "name": "x",
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
        "name": "count",
        "type": "u32"
      },
      {
        "name": "row",
        "type": "u32"
      },
      {
        "name": "quads",
        "type": "u32"
      },
      {
        "name": "dropped",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `






override WORKGROUP:u32=64;

struct Params{count:u32,row:u32,quads:u32,dropped:u32}


@group(0)@binding(0)var<storage,read>x:array<vec4f>;
@group(0)@binding(1)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn drop_channels(@builtin(global_invocation_id)id:vec3u){
let index=id.x+id.y*params.row;
if index>=params.count{return;}
out[index]=x[index+index/params.quads*params.dropped];
}
`,
  };

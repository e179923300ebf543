import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from max_pool.wgsl: do not edit.
/** Bindings and uniforms of `max_pool`. */
export type MaxPoolArgs = {
    readonly input: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly count: number; readonly row: number; readonly quads: number; readonly height: number; readonly width: number; readonly outHeight: number; readonly outWidth: number; readonly size: number; readonly stride: number; readonly padding: number };
  };

/** See max_pool.wgsl. */
export const maxPoolKernel: Kernel<MaxPoolArgs> = {
    "name": "max_pool",
    "bindings": [
      {
        "name": "input",
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
        "name": "height",
        "type": "u32"
      },
      {
        "name": "width",
        "type": "u32"
      },
      {
        "name": "outHeight",
        "type": "u32"
      },
      {
        "name": "outWidth",
        "type": "u32"
      },
      {
        "name": "size",
        "type": "u32"
      },
      {
        "name": "stride",
        "type": "u32"
      },
      {
        "name": "padding",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `








override WORKGROUP:u32=64;
const LOWEST= -3.4028234e38;

struct Params{
count:u32,row:u32,quads:u32,height:u32,width:u32,outHeight:u32,outWidth:u32,
size:u32,stride:u32,padding:u32,
}


@group(0)@binding(0)var<storage,read>input:array<vec4f>;
@group(0)@binding(1)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn max_pool(@builtin(global_invocation_id)id:vec3u){
let index=id.x+id.y*params.row;
if index>=params.count{return;}
let quad=index%params.quads;
let pixel=index/params.quads;
let row=pixel/params.outWidth;
let image=row/params.outHeight;

let corner=vec2u(row%params.outHeight,pixel%params.outWidth)*params.stride-
params.padding;

var highest=vec4f(LOWEST);
for(var u=0u;u<params.size;u++){
let y=corner.x+u;
if y>=params.height{continue;}
for(var v=0u;v<params.size;v++){
let x=corner.y+v;
if x>=params.width{continue;}
let at=(image*params.height+y)*params.width+x;
highest=max(highest,input[at*params.quads+quad]);
}
}
out[index]=highest;
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from scale_block.wgsl: do not edit.
/** Bindings and uniforms of `scale_block`. */
export type ScaleBlockArgs = {
    readonly x: Tensor<"f32">;
    readonly scale: Tensor<"f32">;
    readonly settled: Tensor<"u32">;
    readonly z: Tensor<"f32">;
    readonly total: Tensor<"f32">;
    readonly params: { readonly nodes: number };
  };

/** See scale_block.wgsl. */
export const scaleBlockKernel: Kernel<ScaleBlockArgs> = {
    "name": "scale_block",
    "bindings": [
      {
        "name": "x",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "scale",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "settled",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "z",
        "access": "read_write",
        "dtype": "f32"
      },
      {
        "name": "total",
        "access": "read_write",
        "dtype": "f32"
      }
    ],
    "params": [
      {
        "name": "nodes",
        "type": "u32"
      }
    ],
    "overrides": {},
    "requires": [],
    "source": `









const WORKGROUP=256u;
// @variants QUADS = 1, 2, 4, 8
const QUADS=4u;
const GROUPS=WORKGROUP/QUADS;

struct Params{nodes:u32}

@group(0)@binding(0)var<storage,read>x:array<vec4f>;
@group(0)@binding(1)var<storage,read>scale:array<f32>;
@group(0)@binding(2)var<storage,read>settled:array<u32>;
@group(0)@binding(3)var<storage,read_write>z:array<vec4f>;
@group(0)@binding(4)var<storage,read_write>total:array<vec4f>;
@group(0)@binding(5)var<uniform>params:Params;

var<workgroup>sums:array<vec4f,WORKGROUP>;

@compute@workgroup_size(WORKGROUP)
fn scale_block(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)lane:u32,
){
let image=group.x;
if settled[image]!=0{return;}
let q=lane%QUADS;
var sum=vec4f();
for(var i=lane/QUADS;i<params.nodes;i+=GROUPS){
let row=image*params.nodes+i;
let value=scale[row]*x[row*QUADS+q];
z[row*QUADS+q]=value;
sum+=value;
}
sums[lane]=sum;
workgroupBarrier();
if lane<QUADS{
for(var g=1u;g<GROUPS;g++){sum+=sums[g*QUADS+lane];}
total[image*QUADS+lane]=sum;
}
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from resize_bilinear_backward.wgsl: do not edit.
/** Bindings and uniforms of `resize_bilinear_backward`. */
export type ResizeBilinearBackwardArgs = {
    readonly dOut: Tensor<"f32">;
    readonly dx: Tensor<"f32">;
    readonly params: { readonly count: number; readonly row: number; readonly size: number; readonly outSize: number; readonly inner: number };
  };

/** See resize_bilinear_backward.wgsl. */
export const resizeBilinearBackwardKernel: Kernel<ResizeBilinearBackwardArgs> = {
    "name": "resize_bilinear_backward",
    "bindings": [
      {
        "name": "dOut",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "dx",
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
        "name": "size",
        "type": "u32"
      },
      {
        "name": "outSize",
        "type": "u32"
      },
      {
        "name": "inner",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `









override WORKGROUP:u32=64;

struct Params{count:u32,row:u32,size:u32,outSize:u32,inner:u32}


@group(0)@binding(0)var<storage,read>dOut:array<vec4f>;
@group(0)@binding(1)var<storage,read_write>dx:array<vec4f>;
@group(0)@binding(2)var<uniform>params:Params;



fn weightOf(i:u32,o:u32)->f32{
let steps=2*params.outSize;
let scaled=max((2*o+1)*params.size,params.outSize)-params.outSize;
let at=i*steps;
if scaled<at{return f32(scaled+steps-at)/f32(steps);}

return select(1-f32(scaled-at)/f32(steps),1,i+1==params.size);
}


fn firstFrom(half:u32)->u32{

let least=max(half*params.outSize,params.size)-params.size;
return(least+2*params.size-1)/(2*params.size);
}

@compute@workgroup_size(WORKGROUP)
fn resize_bilinear_backward(@builtin(global_invocation_id)id:vec3u){
let index=id.x+id.y*params.row;
if index>=params.count{return;}
let q=index%params.inner;
let i=index/params.inner%params.size;
let first=index/params.inner/params.size*params.outSize;

var sum=vec4f();

let begin=select(firstFrom(2*max(i,1)-1),0,i==0);
let end=select(firstFrom(2*i+3),params.outSize,i+1==params.size);
for(var o=begin;o<end;o++){
sum+=weightOf(i,o)*dOut[(first+o)*params.inner+q];
}
dx[index]=sum;
}
`,
  };

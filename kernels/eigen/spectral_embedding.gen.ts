import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from spectral_embedding.wgsl: do not edit.
/** Bindings and uniforms of `spectral_embedding`. */
export type SpectralEmbeddingArgs = {
    readonly vectors: Tensor<"f32">;
    readonly scale: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly nodes: number; readonly count: number; readonly first: number; readonly columns: number; readonly scaled: number };
  };

/** See spectral_embedding.wgsl. */
export const spectralEmbeddingKernel: Kernel<SpectralEmbeddingArgs> = {
    "name": "spectral_embedding",
    "bindings": [
      {
        "name": "vectors",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "scale",
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
        "name": "nodes",
        "type": "u32"
      },
      {
        "name": "count",
        "type": "u32"
      },
      {
        "name": "first",
        "type": "u32"
      },
      {
        "name": "columns",
        "type": "u32"
      },
      {
        "name": "scaled",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `









override WORKGROUP:u32=64;

struct Params{nodes:u32,count:u32,first:u32,columns:u32,scaled:u32}

@group(0)@binding(0)var<storage,read>vectors:array<f32>;
@group(0)@binding(1)var<storage,read>scale:array<f32>;
@group(0)@binding(2)var<storage,read_write>out:array<f32>;
@group(0)@binding(3)var<uniform>params:Params;

var<workgroup>best:array<f32,WORKGROUP>;
var<workgroup>place:array<u32,WORKGROUP>;

@compute@workgroup_size(WORKGROUP)
fn spectral_embedding(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)lane:u32,
){
let image=group.y;
let j=group.x;
best[lane]=0;
place[lane]=lane;
for(var i=lane;i<params.nodes;i+=WORKGROUP){
let value=entry(image,i,j);
if abs(value)>abs(best[lane]){
best[lane]=value;
place[lane]=i;
}
}
for(var width=WORKGROUP/2;width>0;width/=2){
workgroupBarrier();
if lane<width{
let ours=abs(best[lane]);
let theirs=abs(best[lane+width]);
if theirs>ours||(theirs==ours&&place[lane+width]<place[lane]){
best[lane]=best[lane+width];
place[lane]=place[lane+width];
}
}
}
workgroupBarrier();
let sign=select(1.0,-1.0,best[0]<0);
for(var i=lane;i<params.nodes;i+=WORKGROUP){
out[(image*params.nodes+i)*params.columns+j]=sign*entry(image,i,j);
}
}

fn entry(image:u32,i:u32,j:u32)->f32{
let row=image*params.nodes+i;
let value=vectors[row*params.count+params.first+j];
if params.scaled==0{return value;}
return value*scale[row];
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from mask_coherence.wgsl: do not edit.
/** Bindings and uniforms of `mask_coherence`. */
export type MaskCoherenceArgs = {
    readonly bits: Tensor<"u32">;
    readonly table: Tensor<"u32">;
    readonly totals: Tensor<"u32">;
    readonly keys: Tensor<"f32">;
    readonly coherence: Tensor<"f32">;
    readonly params: { readonly cells: number; readonly words: number; readonly capacity: number; readonly quads: number; readonly groups: number };
  };

/** See mask_coherence.wgsl. */
export const maskCoherenceKernel: Kernel<MaskCoherenceArgs> = {
    "name": "mask_coherence",
    "bindings": [
      {
        "name": "bits",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "table",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "totals",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "keys",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "coherence",
        "access": "read_write",
        "dtype": "f32"
      }
    ],
    "params": [
      {
        "name": "cells",
        "type": "u32"
      },
      {
        "name": "words",
        "type": "u32"
      },
      {
        "name": "capacity",
        "type": "u32"
      },
      {
        "name": "quads",
        "type": "u32"
      },
      {
        "name": "groups",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 32
    },
    "requires": [],
    "source": `











override WORKGROUP:u32=32;
const SPAN=3u;
const TABLE=8u;
const AREA=4u;
const FIRST=6u;
const LAST=7u;

struct Params{cells:u32,words:u32,capacity:u32,quads:u32,groups:u32}

@group(0)@binding(0)var<storage,read>bits:array<u32>;
@group(0)@binding(1)var<storage,read>table:array<u32>;
@group(0)@binding(2)var<storage,read>totals:array<u32>;

@group(0)@binding(3)var<storage,read>keys:array<vec4f>;
@group(0)@binding(4)var<storage,read_write>coherence:array<f32>;
@group(0)@binding(5)var<uniform>params:Params;

var<workgroup>squares:array<f32,WORKGROUP>;

@compute@workgroup_size(WORKGROUP)
fn mask_coherence(@builtin(workgroup_id)group:vec3u,@builtin(local_invocation_id)id:vec3u){
let image=group.y;
let lane=id.x;
for(var m=group.x;m<totals[image];m+=params.groups){
let mask=image*params.capacity+m;
let last=table[mask*TABLE+LAST]/32;
var sum=0.0;
for(var q=lane;q<params.quads;q+=SPAN*WORKGROUP){
var columns=array<u32,SPAN>();
var key=array<vec4f,SPAN>();
// @unroll
for(var s=0u;s<SPAN;s++){columns[s]=min(q+s*WORKGROUP,params.quads-1);}
for(var w=table[mask*TABLE+FIRST]/32;w<=last;w++){
var word=bits[mask*params.words+w];
while word!=0{
let cell=32*w+firstTrailingBit(word);
let key_at=(image*params.cells+cell)*params.quads;
// @unroll
for(var s=0u;s<SPAN;s++){key[s]+=keys[key_at+columns[s]];}
word&=word-1;
}
}
// @unroll
for(var s=0u;s<SPAN;s++){
if q+s*WORKGROUP<params.quads{sum+=dot(key[s],key[s]);}
}
}
squares[lane]=sum;
workgroupBarrier();
if lane==0{
for(var l=1u;l<WORKGROUP;l++){sum+=squares[l];}
coherence[mask]=sqrt(sum)/f32(table[mask*TABLE+AREA]);
}
workgroupBarrier();
}
}
`,
  };

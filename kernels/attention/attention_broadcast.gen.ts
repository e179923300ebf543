import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from attention_broadcast.wgsl: do not edit.
/** Bindings and uniforms of `attention_broadcast`. */
export type AttentionBroadcastArgs = {
    readonly qkv: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly tokens: number; readonly heads: number; readonly size: number; readonly scale: number };
  };

/** See attention_broadcast.wgsl. */
export const attentionBroadcastKernel: Kernel<AttentionBroadcastArgs> = {
    "name": "attention_broadcast",
    "bindings": [
      {
        "name": "qkv",
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
        "name": "tokens",
        "type": "u32"
      },
      {
        "name": "heads",
        "type": "u32"
      },
      {
        "name": "size",
        "type": "u32"
      },
      {
        "name": "scale",
        "type": "f32"
      }
    ],
    "overrides": {
      "WORKGROUP": 8
    },
    "requires": [
      "subgroups"
    ],
    "source": `













override WORKGROUP:u32=8;

// @variants SUBGROUP = 4, 8, 16, 32, 64
const SUBGROUP=8u;
// @variants QUADS = 2, 8, 16, 32
const QUADS=8u;
const ROWS=8/(1+QUADS/32);
const KEYS=8u;
const LOADS=(QUADS+SUBGROUP-1)/SUBGROUP;
const LOWEST= -3.4028234e38;

struct Params{tokens:u32,heads:u32,size:u32,scale:f32}


@group(0)@binding(0)var<storage,read>qkv:array<vec4f>;
@group(0)@binding(1)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn attention_broadcast(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)index:u32,
@builtin(subgroup_invocation_id)lane:u32,
){
let tokens=params.tokens;
let quads=params.size/4;
let part=params.heads*quads;
let pitch=3*part;
let head=group.y;
let first=group.z*tokens*pitch+head*quads;
let query=group.x*WORKGROUP*ROWS+index;



var queryQuads:array<vec4f,QUADS*ROWS>;
for(var e=0u;e<QUADS;e++){
// @unroll
for(var s=0u;s<(QUADS-1)*ROWS;s++){queryQuads[s]=queryQuads[s+ROWS];}
// @unroll
for(var r=0u;r<ROWS;r++){
let i=min(query+r*WORKGROUP,tokens-1);
let quad=params.scale*qkv[first+i*pitch+min(e,quads-1)];
queryQuads[(QUADS-1)*ROWS+r]=select(vec4f(),quad,e<quads);
}
}
var quadAt:array<u32,LOADS>;
// @unroll
for(var l=0u;l<LOADS;l++){quadAt[l]=first+min(l*SUBGROUP+lane,quads-1);}

var sumQuads:array<vec4f,QUADS*ROWS>;
var weightSums:array<f32,ROWS>;
var peaks:array<f32,ROWS>;
// @unroll
for(var r=0u;r<ROWS;r++){peaks[r]=LOWEST;}

for(var start=0u;start<tokens;start+=KEYS){
var blockPeaks:array<f32,ROWS>;
// @unroll
for(var r=0u;r<ROWS;r++){blockPeaks[r]=peaks[r];}
var blockScores:array<f32,KEYS*ROWS>;
for(var k=0u;k<KEYS;k++){
let j=start+k;
let key=part+min(j,tokens-1)*pitch;
var keyQuads:array<vec4f,LOADS>;
// @unroll
for(var l=0u;l<LOADS;l++){keyQuads[l]=qkv[quadAt[l]+key];}
var products:array<f32,ROWS>;
// @unroll
for(var e=0u;e<QUADS;e++){
let quad=subgroupBroadcast(keyQuads[e/SUBGROUP],e%SUBGROUP);
// @unroll
for(var r=0u;r<ROWS;r++){products[r]+=dot(queryQuads[e*ROWS+r],quad);}
}
// @unroll
for(var s=0u;s<(KEYS-1)*ROWS;s++){blockScores[s]=blockScores[s+ROWS];}
// @unroll
for(var r=0u;r<ROWS;r++){
let score=select(LOWEST,products[r],j<tokens);
blockScores[(KEYS-1)*ROWS+r]=score;
blockPeaks[r]=max(blockPeaks[r],score);
}
}

// @unroll
for(var r=0u;r<ROWS;r++){
let shrunk=exp(peaks[r]-blockPeaks[r]);
peaks[r]=blockPeaks[r];
weightSums[r]*=shrunk;
// @unroll
for(var e=0u;e<QUADS;e++){sumQuads[e*ROWS+r]*=shrunk;}
}
for(var k=0u;k<KEYS;k++){
let value=2*part+min(start+k,tokens-1)*pitch;
var valueQuads:array<vec4f,LOADS>;
// @unroll
for(var l=0u;l<LOADS;l++){valueQuads[l]=qkv[quadAt[l]+value];}
var weights:array<f32,ROWS>;
// @unroll
for(var r=0u;r<ROWS;r++){
weights[r]=exp(blockScores[r]-peaks[r]);
weightSums[r]+=weights[r];
}
// @unroll
for(var e=0u;e<QUADS;e++){
let quad=subgroupBroadcast(valueQuads[e/SUBGROUP],e%SUBGROUP);
// @unroll
for(var r=0u;r<ROWS;r++){sumQuads[e*ROWS+r]+=weights[r]*quad;}
}
// @unroll
for(var s=0u;s<(KEYS-1)*ROWS;s++){blockScores[s]=blockScores[s+ROWS];}
}
}

for(var e=0u;e<quads;e++){
// @unroll
for(var r=0u;r<ROWS;r++){
let i=query+r*WORKGROUP;
if i<tokens{
let token=group.z*tokens+i;
out[token*part+head*quads+e]=sumQuads[r]/weightSums[r];
}
}
// @unroll
for(var s=0u;s<(QUADS-1)*ROWS;s++){sumQuads[s]=sumQuads[s+ROWS];}
}
}
`,
  };

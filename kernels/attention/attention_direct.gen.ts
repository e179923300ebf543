import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from attention_direct.wgsl: do not edit.
/** Bindings and uniforms of `attention_direct`. */
export type AttentionDirectArgs = {
    readonly qkv: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly tokens: number; readonly heads: number; readonly size: number; readonly scale: number };
  };

/** See attention_direct.wgsl. */
export const attentionDirectKernel: Kernel<AttentionDirectArgs> = {
    "name": "attention_direct",
    "bindings": [
      {
        "name": "qkv",
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
    "requires": [],
    "source": `











override WORKGROUP:u32=8;

// @variants QUADS = 2, 8, 16, 32
const QUADS=8u;
const ROWS=8/(1+QUADS/32);
const KEYS=8u;
const LOWEST= -3.4028234e38;

struct Params{tokens:u32,heads:u32,size:u32,scale:f32}

@group(0)@binding(0)var<storage,read>qkv:array<vec4f>;
@group(0)@binding(1)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn attention_direct(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)index:u32,
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
let key=first+part+min(j,tokens-1)*pitch;
var products:array<f32,ROWS>;
// @unroll
for(var e=0u;e<QUADS;e++){
let quad=qkv[key+min(e,quads-1)];
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
let value=first+2*part+min(start+k,tokens-1)*pitch;
var weights:array<f32,ROWS>;
// @unroll
for(var r=0u;r<ROWS;r++){
weights[r]=exp(blockScores[r]-peaks[r]);
weightSums[r]+=weights[r];
}
// @unroll
for(var e=0u;e<QUADS;e++){
let quad=qkv[value+min(e,quads-1)];
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

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from attention_backward_keys.wgsl: do not edit.
/** Bindings and uniforms of `attention_backward_keys`. */
export type AttentionBackwardKeysArgs = {
    readonly qkv: Tensor<"f32">;
    readonly dOut: Tensor<"f32">;
    readonly statistics: Tensor<"f32">;
    readonly dQkv: Tensor<"f32">;
    readonly params: { readonly tokens: number; readonly heads: number; readonly size: number; readonly scale: number };
  };

/** See attention_backward_keys.wgsl. */
export const attentionBackwardKeysKernel: Kernel<AttentionBackwardKeysArgs> = {
    "name": "attention_backward_keys",
    "bindings": [
      {
        "name": "qkv",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "dOut",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "statistics",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "dQkv",
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
// @variants QUADS = 2, 8
const QUADS=8u;
const ROWS=4u;
const LOADS=(QUADS+SUBGROUP-1)/SUBGROUP;

struct Params{tokens:u32,heads:u32,size:u32,scale:f32}


@group(0)@binding(0)var<storage,read>qkv:array<vec4f>;

@group(0)@binding(1)var<storage,read>dOut:array<vec4f>;
@group(0)@binding(2)var<storage,read>statistics:array<vec2f>;
@group(0)@binding(3)var<storage,read_write>dQkv:array<vec4f>;
@group(0)@binding(4)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn attention_backward_keys(
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
let firstOut=group.z*tokens*part+head*quads;
let firstRow=(group.z*params.heads+head)*tokens;
let key=group.x*WORKGROUP*ROWS+index;


var keyQuads:array<vec4f,QUADS*ROWS>;
var valueQuads:array<vec4f,QUADS*ROWS>;
for(var e=0u;e<QUADS;e++){
// @unroll
for(var s=0u;s<(QUADS-1)*ROWS;s++){
keyQuads[s]=keyQuads[s+ROWS];
valueQuads[s]=valueQuads[s+ROWS];
}
let quad=first+part+min(e,quads-1);
// @unroll
for(var r=0u;r<ROWS;r++){
let j=min(key+r*WORKGROUP,tokens-1)*pitch;
let mine=params.scale*qkv[quad+j];
keyQuads[(QUADS-1)*ROWS+r]=select(vec4f(),mine,e<quads);
let value=qkv[quad+j+part];
valueQuads[(QUADS-1)*ROWS+r]=select(vec4f(),value,e<quads);
}
}
var quadAt:array<u32,LOADS>;
// @unroll
for(var l=0u;l<LOADS;l++){quadAt[l]=min(l*SUBGROUP+lane,quads-1);}

var keySums:array<vec4f,QUADS*ROWS>;
var valueSums:array<vec4f,QUADS*ROWS>;
for(var i=0u;i<tokens;i++){
var queryQuads:array<vec4f,LOADS>;
var outQuads:array<vec4f,LOADS>;
// @unroll
for(var l=0u;l<LOADS;l++){
queryQuads[l]=qkv[first+quadAt[l]+i*pitch];
outQuads[l]=dOut[firstOut+quadAt[l]+i*part];
}
let moments=statistics[firstRow+i];
var scores:array<f32,ROWS>;
var products:array<f32,ROWS>;
// @unroll
for(var e=0u;e<QUADS;e++){
let queryQuad=subgroupBroadcast(queryQuads[e/SUBGROUP],e%SUBGROUP);
let outQuad=subgroupBroadcast(outQuads[e/SUBGROUP],e%SUBGROUP);
// @unroll
for(var r=0u;r<ROWS;r++){
scores[r]+=dot(keyQuads[e*ROWS+r],queryQuad);
products[r]+=dot(valueQuads[e*ROWS+r],outQuad);
}
}
// @unroll
for(var r=0u;r<ROWS;r++){
scores[r]=exp(scores[r]-moments.x);
products[r]=params.scale*scores[r]*(products[r]-moments.y);
}
// @unroll
for(var e=0u;e<QUADS;e++){
let queryQuad=subgroupBroadcast(queryQuads[e/SUBGROUP],e%SUBGROUP);
let outQuad=subgroupBroadcast(outQuads[e/SUBGROUP],e%SUBGROUP);
// @unroll
for(var r=0u;r<ROWS;r++){
keySums[e*ROWS+r]+=products[r]*queryQuad;
valueSums[e*ROWS+r]+=scores[r]*outQuad;
}
}
}

for(var e=0u;e<quads;e++){
// @unroll
for(var r=0u;r<ROWS;r++){
let j=key+r*WORKGROUP;
if j<tokens{
dQkv[first+part+j*pitch+e]=keySums[r];
dQkv[first+2*part+j*pitch+e]=valueSums[r];
}
}
// @unroll
for(var s=0u;s<(QUADS-1)*ROWS;s++){
keySums[s]=keySums[s+ROWS];
valueSums[s]=valueSums[s+ROWS];
}
}
}
`,
  };

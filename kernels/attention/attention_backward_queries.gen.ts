import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from attention_backward_queries.wgsl: do not edit.
/** Bindings and uniforms of `attention_backward_queries`. */
export type AttentionBackwardQueriesArgs = {
    readonly qkv: Tensor<"f32">;
    readonly dOut: Tensor<"f32">;
    readonly dQkv: Tensor<"f32">;
    readonly statistics: Tensor<"f32">;
    readonly params: { readonly tokens: number; readonly heads: number; readonly size: number; readonly scale: number };
  };

/** See attention_backward_queries.wgsl. */
export const attentionBackwardQueriesKernel: Kernel<AttentionBackwardQueriesArgs> = {
    "name": "attention_backward_queries",
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
        "name": "dQkv",
        "access": "read_write",
        "dtype": "f32"
      },
      {
        "name": "statistics",
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
const LOWEST= -3.4028234e38;

struct Params{tokens:u32,heads:u32,size:u32,scale:f32}


@group(0)@binding(0)var<storage,read>qkv:array<vec4f>;

@group(0)@binding(1)var<storage,read>dOut:array<vec4f>;
@group(0)@binding(2)var<storage,read_write>dQkv:array<vec4f>;
@group(0)@binding(3)var<storage,read_write>statistics:array<vec2f>;
@group(0)@binding(4)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn attention_backward_queries(
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
let query=group.x*WORKGROUP*ROWS+index;



var queryQuads:array<vec4f,QUADS*ROWS>;
var outQuads:array<vec4f,QUADS*ROWS>;
for(var e=0u;e<QUADS;e++){
// @unroll
for(var s=0u;s<(QUADS-1)*ROWS;s++){
queryQuads[s]=queryQuads[s+ROWS];
outQuads[s]=outQuads[s+ROWS];
}
let quad=min(e,quads-1);
// @unroll
for(var r=0u;r<ROWS;r++){
let i=min(query+r*WORKGROUP,tokens-1);
let mine=params.scale*qkv[first+i*pitch+quad];
queryQuads[(QUADS-1)*ROWS+r]=select(vec4f(),mine,e<quads);
let d=dOut[firstOut+i*part+quad];
outQuads[(QUADS-1)*ROWS+r]=select(vec4f(),d,e<quads);
}
}
var quadAt:array<u32,LOADS>;
// @unroll
for(var l=0u;l<LOADS;l++){quadAt[l]=first+part+min(l*SUBGROUP+lane,quads-1);}

var peaks:array<f32,ROWS>;
var weightSums:array<f32,ROWS>;
var means:array<f32,ROWS>;
// @unroll
for(var r=0u;r<ROWS;r++){peaks[r]=LOWEST;}
var sumQuads:array<vec4f,QUADS*ROWS>;

for(var round=0u;round<2*tokens;round++){
let key=round%tokens*pitch;
var keyQuads:array<vec4f,LOADS>;
var valueQuads:array<vec4f,LOADS>;
// @unroll
for(var l=0u;l<LOADS;l++){
keyQuads[l]=qkv[quadAt[l]+key];
valueQuads[l]=qkv[quadAt[l]+key+part];
}
var scores:array<f32,ROWS>;
var products:array<f32,ROWS>;
// @unroll
for(var e=0u;e<QUADS;e++){
let keyQuad=subgroupBroadcast(keyQuads[e/SUBGROUP],e%SUBGROUP);
let valueQuad=subgroupBroadcast(valueQuads[e/SUBGROUP],e%SUBGROUP);
// @unroll
for(var r=0u;r<ROWS;r++){
scores[r]+=dot(queryQuads[e*ROWS+r],keyQuad);
products[r]+=dot(outQuads[e*ROWS+r],valueQuad);
}
}
if round<tokens{
// @unroll
for(var r=0u;r<ROWS;r++){
let peak=max(peaks[r],scores[r]);
let shrunk=exp(peaks[r]-peak);
let weight=exp(scores[r]-peak);
weightSums[r]=weightSums[r]*shrunk+weight;
means[r]=means[r]*shrunk+weight*products[r];
peaks[r]=peak;
}
}else{
var factors:array<f32,ROWS>;
// @unroll
for(var r=0u;r<ROWS;r++){
let weight=exp(scores[r]-peaks[r])/weightSums[r];
factors[r]=params.scale*weight*(products[r]-means[r]/weightSums[r]);
}
// @unroll
for(var e=0u;e<QUADS;e++){
let keyQuad=subgroupBroadcast(keyQuads[e/SUBGROUP],e%SUBGROUP);
// @unroll
for(var r=0u;r<ROWS;r++){sumQuads[e*ROWS+r]+=factors[r]*keyQuad;}
}
}
}

// @unroll
for(var r=0u;r<ROWS;r++){
let i=query+r*WORKGROUP;
if i<tokens{
let row=(group.z*params.heads+head)*tokens+i;
statistics[row]=vec2f(peaks[r]+log(weightSums[r]),means[r]/weightSums[r]);
}
}
for(var e=0u;e<quads;e++){
// @unroll
for(var r=0u;r<ROWS;r++){
let i=query+r*WORKGROUP;
if i<tokens{dQkv[first+i*pitch+e]=sumQuads[r];}
}
// @unroll
for(var s=0u;s<(QUADS-1)*ROWS;s++){sumQuads[s]=sumQuads[s+ROWS];}
}
}
`,
  };

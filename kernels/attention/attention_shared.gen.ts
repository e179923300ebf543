import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from attention_shared.wgsl: do not edit.
/** Bindings and uniforms of `attention_shared`. */
export type AttentionSharedArgs = {
    readonly qkv: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly tokens: number; readonly heads: number; readonly size: number; readonly scale: number };
  };

/** See attention_shared.wgsl. */
export const attentionSharedKernel: Kernel<AttentionSharedArgs> = {
    "name": "attention_shared",
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
    "overrides": {},
    "requires": [],
    "source": `












// @variants QUADS = 2, 8, 16, 32
const QUADS=8u;
const SIDE=8u;
const ROWS=4/(1+QUADS/32);
const COLUMNS=4/(1+QUADS/16);
const WIDE=(QUADS+SIDE-1)/SIDE;
const QUERIES=SIDE*ROWS;
const KEYS=SIDE*COLUMNS;
const PITCH=QUADS+1;
const LOWEST= -3.4028234e38;

struct Params{tokens:u32,heads:u32,size:u32,scale:f32}

@group(0)@binding(0)var<storage,read>qkv:array<vec4f>;
@group(0)@binding(1)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(2)var<uniform>params:Params;

var<workgroup>queryTile:array<vec4f,QUERIES*PITCH>;
var<workgroup>tile:array<vec4f,KEYS*PITCH>;
var<workgroup>weightTile:array<f32,QUERIES*(KEYS+1)>;
var<workgroup>highest:array<f32,QUERIES*SIDE>;


fn fill(base:u32,start:u32,index:u32){
let quads=params.size/4;
let pitch=3*params.heads*quads;
for(var at=index;at<KEYS*QUADS;at+=SIDE*SIDE){
let j=min(start+at/QUADS,params.tokens-1);
tile[at/QUADS*PITCH+at%QUADS]=qkv[base+j*pitch+min(at%QUADS,quads-1)];
}
}

@compute@workgroup_size(SIDE,SIDE)
fn attention_shared(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_id)lane:vec3u,
@builtin(local_invocation_index)index:u32,
){
let tokens=params.tokens;
let quads=params.size/4;
let part=params.heads*quads;
let head=group.y;
let first=group.z*tokens*3*part+head*quads;
let query=group.x*QUERIES;
for(var at=index;at<QUERIES*QUADS;at+=SIDE*SIDE){
let e=at%QUADS;
let i=min(query+at/QUADS,tokens-1);
let quad=params.scale*qkv[first+i*3*part+min(e,quads-1)];
queryTile[at/QUADS*PITCH+e]=select(vec4f(),quad,e<quads);
}

var sumQuads:array<vec4f,ROWS*WIDE>;
var weightSums:array<f32,ROWS>;
var peaks:array<f32,ROWS>;
// @unroll
for(var r=0u;r<ROWS;r++){peaks[r]=LOWEST;}

for(var start=0u;start<tokens;start+=KEYS){
fill(first+part,start,index);
workgroupBarrier();
var products:array<f32,ROWS*COLUMNS>;
for(var e=0u;e<QUADS;e++){
var keyQuads:array<vec4f,COLUMNS>;
// @unroll
for(var c=0u;c<COLUMNS;c++){keyQuads[c]=tile[(c*SIDE+lane.x)*PITCH+e];}
// @unroll
for(var r=0u;r<ROWS;r++){
let quad=queryTile[(r*SIDE+lane.y)*PITCH+e];
// @unroll
for(var c=0u;c<COLUMNS;c++){products[r*COLUMNS+c]+=dot(quad,keyQuads[c]);}
}
}
// @unroll
for(var r=0u;r<ROWS;r++){
var most=LOWEST;
// @unroll
for(var c=0u;c<COLUMNS;c++){
products[r*COLUMNS+c]=
select(LOWEST,products[r*COLUMNS+c],start+c*SIDE+lane.x<tokens);
most=max(most,products[r*COLUMNS+c]);
}
highest[(r*SIDE+lane.y)*SIDE+lane.x]=most;
}
workgroupBarrier();

fill(first+2*part,start,index);
// @unroll
for(var r=0u;r<ROWS;r++){
let i=r*SIDE+lane.y;
var most=peaks[r];
for(var x=0u;x<SIDE;x++){most=max(most,highest[i*SIDE+x]);}
let shrunk=exp(peaks[r]-most);
peaks[r]=most;
weightSums[r]*=shrunk;
// @unroll
for(var w=0u;w<WIDE;w++){sumQuads[r*WIDE+w]*=shrunk;}
// @unroll
for(var c=0u;c<COLUMNS;c++){
weightTile[i*(KEYS+1)+c*SIDE+lane.x]=exp(products[r*COLUMNS+c]-most);
}
}
workgroupBarrier();
for(var j=0u;j<KEYS;j++){
var valueQuads:array<vec4f,WIDE>;
// @unroll
for(var w=0u;w<WIDE;w++){
valueQuads[w]=tile[j*PITCH+min(w*SIDE+lane.x,QUADS-1)];
}
// @unroll
for(var r=0u;r<ROWS;r++){
let weight=weightTile[(r*SIDE+lane.y)*(KEYS+1)+j];
weightSums[r]+=weight;
// @unroll
for(var w=0u;w<WIDE;w++){sumQuads[r*WIDE+w]+=weight*valueQuads[w];}
}
}
workgroupBarrier();
}

// @unroll
for(var r=0u;r<ROWS;r++){
let i=query+r*SIDE+lane.y;
// @unroll
for(var w=0u;w<WIDE;w++){
let e=w*SIDE+lane.x;
if i<tokens&&e<quads{
let token=group.z*tokens+i;
out[token*part+head*quads+e]=sumQuads[r*WIDE+w]/weightSums[r];
}
}
}
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from orthonormalise.wgsl: do not edit.
/** Bindings and uniforms of `orthonormalise`. */
export type OrthonormaliseArgs = {
    readonly y: Tensor<"f32">;
    readonly rotation: Tensor<"f32">;
    readonly settled: Tensor<"u32">;
    readonly x: Tensor<"f32">;
    readonly params: { readonly nodes: number; readonly y_stride: number; readonly rotation_stride: number };
  };

/** See orthonormalise.wgsl. */
export const orthonormaliseKernel: Kernel<OrthonormaliseArgs> = {
    "name": "orthonormalise",
    "bindings": [
      {
        "name": "y",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "rotation",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "settled",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "x",
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
        "name": "y_stride",
        "type": "u32"
      },
      {
        "name": "rotation_stride",
        "type": "u32"
      }
    ],
    "overrides": {},
    "requires": [],
    "source": `













const WORKGROUP=128u;
// @variants QUADS = 1, 2, 4, 8
const QUADS=4u;
const BLOCK=4u*QUADS;
const TILES=QUADS*QUADS;
const ROWS=4u;
const PASSES=3u;
const SMALL_PIVOT=1e-6;
const LOST=1e-4;

struct Params{nodes:u32,y_stride:u32,rotation_stride:u32}

@group(0)@binding(0)var<storage,read>y:array<vec4f>;
@group(0)@binding(1)var<storage,read>rotation:array<vec4f>;
@group(0)@binding(2)var<storage,read>settled:array<u32>;
@group(0)@binding(3)var<storage,read_write>x:array<vec4f>;
@group(0)@binding(4)var<uniform>params:Params;

var<workgroup>g:array<f32,BLOCK*BLOCK>;
var<workgroup>inverse:array<f32,BLOCK*BLOCK>;
var<workgroup>quads:array<vec4f,256>;
var<workgroup>scales:array<f32,BLOCK>;

@compute@workgroup_size(WORKGROUP)
fn orthonormalise(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)lane:u32,
){
let image=group.x;
if settled[image]!=0{return;}
for(var at=lane;at<BLOCK*QUADS;at+=WORKGROUP){
quads[at]=rotation[image*params.rotation_stride+at];
}
workgroupBarrier();
multiply(image,lane,true);
for(var pass_index=0u;pass_index<PASSES;pass_index++){
gram(image,lane);
factorise(lane,pass_index);
multiply(image,lane,false);
}
}

/**x←y F at the start,else x←x F,ROWS rows at a time,with F in\`quads\`.*/
fn multiply(image:u32,lane:u32,start:bool){
let first=image*params.nodes;
let last=params.nodes-1;
for(var k=lane*ROWS;k<params.nodes;k+=WORKGROUP*ROWS){
var sums=array<vec4f,ROWS*QUADS>();
for(var i=0u;i<QUADS;i++){
var rows=array<vec4f,ROWS>();
// @unroll
for(var r=0u;r<ROWS;r++){
let row=min(k+r,last)*QUADS+i;
if start{rows[r]=y[image*params.y_stride+row];}else{
rows[r]=x[first*QUADS+row];
}
}
// @unroll
for(var q=0u;q<QUADS;q++){
let at=4*i*QUADS+q;
// @unroll
for(var c=0u;c<4;c++){
let factors=quads[at+c*QUADS];
// @unroll
for(var r=0u;r<ROWS;r++){sums[r*QUADS+q]+=rows[r][c]*factors;}
}
}
}
// @unroll
for(var r=0u;r<ROWS;r++){
if k+r<params.nodes{
// @unroll
for(var q=0u;q<QUADS;q++){x[(first+k+r)*QUADS+q]=sums[r*QUADS+q];}
}
}
}
storageBarrier();
workgroupBarrier();
}

/**G=xᵀx in tiles of 4×4,each by several groups of rows.*/
fn gram(image:u32,lane:u32){
let tile=lane%TILES;
let rows=lane/TILES;
let first=image*params.nodes*QUADS;
var sums:array<vec4f,4>;
for(var k=rows;k<params.nodes;k+=WORKGROUP/TILES){
let a=x[first+k*QUADS+tile/QUADS];
let b=x[first+k*QUADS+tile%QUADS];
sums[0]+=a.x*b;
sums[1]+=a.y*b;
sums[2]+=a.z*b;
sums[3]+=a.w*b;
}
for(var width=WORKGROUP/TILES/2;width>0;width/=2){
if rows>=width&&rows<2*width{
let at=4*(lane-width*TILES);
// @unroll
for(var r=0u;r<4u;r++){quads[at+r]=sums[r];}
}
workgroupBarrier();
if rows<width{
// @unroll
for(var r=0u;r<4u;r++){sums[r]+=quads[4*lane+r];}
}
workgroupBarrier();
}
if rows==0{
// @unroll
for(var r=0u;r<4u;r++){
let at=(tile/QUADS*4+r)*BLOCK+tile%QUADS*4;
g[at]=sums[r].x;
g[at+1]=sums[r].y;
g[at+2]=sums[r].z;
g[at+3]=sums[r].w;
}
}
workgroupBarrier();
}

/**F=S L^-ᵀD^(-1/2)into\`quads\`,where S G S=L D Lᵀhas unit diagonal.*/
fn factorise(lane:u32,pass_index:u32){
let lost=select(0.0,LOST,pass_index>0);
if lane<BLOCK{
let square=g[lane*BLOCK+lane];
scales[lane]=select(0.0,1/sqrt(square),square>lost);
}
workgroupBarrier();
for(var at=lane;at<BLOCK*BLOCK;at+=WORKGROUP){
g[at]*=scales[at/BLOCK]*scales[at%BLOCK];
inverse[at]=select(0.0,1.0,at/BLOCK==at%BLOCK);
}
workgroupBarrier();
for(var j=0u;j<BLOCK-1;j++){
let pivot=g[j*BLOCK+j];
for(var at=lane;at<BLOCK*BLOCK;at+=WORKGROUP){
let i=at/BLOCK;
let k=at%BLOCK;
if i>j&&pivot>=SMALL_PIVOT{
let share=g[i*BLOCK+j]/pivot;
if k>j{g[at]-=share*g[j*BLOCK+k];}
if k<=j{inverse[at]-=share*inverse[j*BLOCK+k];}
}
}
workgroupBarrier();
}
for(var at=lane;at<BLOCK*QUADS;at+=WORKGROUP){
let k=at/QUADS;
let i=at%QUADS*4;
quads[at]=scales[k]*vec4f(
factor(i,k,pass_index),
factor(i+1,k,pass_index),
factor(i+2,k,pass_index),
factor(i+3,k,pass_index),
);
}
workgroupBarrier();
}

fn factor(i:u32,k:u32,pass_index:u32)->f32{
let pivot=g[i*BLOCK+i];
if pivot<SMALL_PIVOT&&pass_index==PASSES-1{return 0;}
return inverse[i*BLOCK+k]/sqrt(max(pivot,SMALL_PIVOT));
}
`,
  };

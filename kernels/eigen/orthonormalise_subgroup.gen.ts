import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from orthonormalise_subgroup.wgsl: do not edit.
/** Bindings and uniforms of `orthonormalise_subgroup`. */
export type OrthonormaliseSubgroupArgs = {
    readonly y: Tensor<"f32">;
    readonly rotation: Tensor<"f32">;
    readonly settled: Tensor<"u32">;
    readonly x: Tensor<"f32">;
    readonly params: { readonly nodes: number; readonly y_stride: number; readonly rotation_stride: number };
  };

/** See orthonormalise_subgroup.wgsl. */
export const orthonormaliseSubgroupKernel: Kernel<OrthonormaliseSubgroupArgs> = {
    "name": "orthonormalise_subgroup",
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
    "requires": [
      "subgroups"
    ],
    "source": `












const SUBGROUP=8u;
const QUADS=4u;
const BLOCK=16u;
const TILES=10u;
const HELD=BLOCK*QUADS/SUBGROUP;
const ROWS=BLOCK/SUBGROUP;
const PASSES=3u;
const SMALL_PIVOT=1e-6;
const LOST=1e-4;

struct Params{nodes:u32,y_stride:u32,rotation_stride:u32}

@group(0)@binding(0)var<storage,read>y:array<vec4f>;
@group(0)@binding(1)var<storage,read>rotation:array<vec4f>;
@group(0)@binding(2)var<storage,read>settled:array<u32>;
@group(0)@binding(3)var<storage,read_write>x:array<vec4f>;
@group(0)@binding(4)var<uniform>params:Params;

var<workgroup>partials:array<vec4f,SUBGROUP*TILES*4>;
var<workgroup>g:array<f32,BLOCK*BLOCK>;
var<workgroup>scales:array<f32,BLOCK>;

@compute@workgroup_size(SUBGROUP)
fn orthonormalise_subgroup(
@builtin(workgroup_id)group:vec3u,
@builtin(subgroup_invocation_id)lane:u32,
){
let image=group.x;
if settled[image]!=0{return;}
for(var at=lane;at<BLOCK*QUADS;at+=SUBGROUP){
let value=rotation[image*params.rotation_stride+at];
// @unroll
for(var c=0u;c<4;c++){g[4*at+c]=value[c];}
}
workgroupBarrier();
for(var pass_index=0u;pass_index<=PASSES;pass_index++){
multiply(image,lane,pass_index==0);
if pass_index<PASSES{
add_up(lane);
factorise(lane,pass_index);
}
}
}

fn quad(at:u32)->vec4f{
return vec4f(g[4*at],g[4*at+1],g[4*at+2],g[4*at+3]);
}

/**x←y F at the start,else x←x F,and the lane's part of xᵀx into\`partials\`.*/
fn multiply(image:u32,lane:u32,start:bool){
let nodes=params.nodes;
var held:array<vec4f,HELD>;
// @unroll
for(var h=0u;h<HELD;h++){held[h]=quad(h*SUBGROUP+lane);}
var sums:array<vec4f,4*TILES>;
var old:array<vec4f,QUADS>;
for(var first=0u;first<nodes;first+=SUBGROUP){
let k=first+lane;
let row=min(k,nodes-1)*QUADS;
let at=image*nodes*QUADS+row;
if start{
// @unroll
for(var i=0u;i<QUADS;i++){old[i]=y[image*params.y_stride+row+i];}
}else{
// @unroll
for(var i=0u;i<QUADS;i++){old[i]=x[at+i];}
}
var own=array<vec4f,QUADS>();
// @unroll
for(var i=0u;i<QUADS;i++){
// @unroll
for(var q=0u;q<QUADS;q++){
// @unroll
for(var c=0u;c<4;c++){
own[q]+=old[i][c]*subgroupBroadcast(
held[((4*i+c)*QUADS+q)/SUBGROUP],
((4*i+c)*QUADS+q)%SUBGROUP,
);
}
}
}
if k<nodes{
// @unroll
for(var q=0u;q<QUADS;q++){x[at+q]=own[q];}
}
let inside=select(0.0,1.0,k<nodes);
// @unroll
for(var i=0u;i<QUADS;i++){
let left=inside*own[i];
// @unroll
for(var j=0u;j<QUADS;j++){
if j>=i{
// @unroll
for(var r=0u;r<4;r++){sums[(j*(j+1)/2+i)*4+r]+=left[r]*own[j];}
}
}
}
}
// @unroll
for(var s=0u;s<4*TILES;s++){partials[s*SUBGROUP+lane]=sums[s];}
storageBarrier();
workgroupBarrier();
}

/**G of all rows,by a tree over the lanes.*/
fn add_up(lane:u32){
for(var s=0u;s<4*TILES;s++){
var sum=partials[s*SUBGROUP+lane];
for(var width=SUBGROUP/2;width>0;width/=2){sum+=subgroupShuffleXor(sum,width);}
let tile=s/4;
let j=u32(tile>0)+u32(tile>2)+u32(tile>5);
let row=4*(tile-j*(j+1)/2)+s%4;
if lane<4{
let column=4*j+lane;
g[row*BLOCK+column]=sum[lane];
g[column*BLOCK+row]=sum[lane];
}
}
workgroupBarrier();
}

/**F=S L^-ᵀD^(-1/2)into\`g\`,where S G S=L D Lᵀhas unit diagonal;a lane has some rows.*/
fn factorise(lane:u32,pass_index:u32){
let lost=select(0.0,LOST,pass_index>0);
for(var i=lane;i<BLOCK;i+=SUBGROUP){
let square=g[i*BLOCK+i];
scales[i]=select(0.0,1/sqrt(square),square>lost);
}
workgroupBarrier();
var scale:array<vec4f,QUADS>;
var left:array<vec4f,ROWS*QUADS>;
var right:array<vec4f,ROWS*QUADS>;
var top:array<vec4f,2*QUADS>;
// @unroll
for(var q=0u;q<QUADS;q++){
scale[q]=vec4f(scales[4*q],scales[4*q+1],scales[4*q+2],scales[4*q+3]);
// @unroll
for(var r=0u;r<ROWS;r++){
let i=r*SUBGROUP+lane;
left[r*QUADS+q]=quad(i*QUADS+q)*(scales[i]*scale[q]);
right[r*QUADS+q]=vec4f(4*q+vec4u(0,1,2,3)==vec4u(i));
}
}
// @unroll
for(var j=0u;j<BLOCK-1;j++){
// @unroll
for(var q=0u;q<QUADS;q++){
top[q]=subgroupBroadcast(left[j/SUBGROUP*QUADS+q],j%SUBGROUP);
top[QUADS+q]=subgroupBroadcast(right[j/SUBGROUP*QUADS+q],j%SUBGROUP);
}
// @unroll
for(var r=0u;r<ROWS;r++){
let below=r*SUBGROUP+lane>j&&top[j/4][j%4]>=SMALL_PIVOT;
let share=select(0.0,left[r*QUADS+j/4][j%4]/top[j/4][j%4],below);
// @unroll
for(var q=0u;q<QUADS;q++){
left[r*QUADS+q]-=share*top[q];
right[r*QUADS+q]-=share*top[QUADS+q];
}
}
}
workgroupBarrier();
// @unroll
for(var r=0u;r<ROWS;r++){
let i=r*SUBGROUP+lane;
var pivot=0.0;
// @unroll
for(var q=0u;q<QUADS;q++){
if i/4==q{pivot=left[r*QUADS+q][i%4];}
}
let nothing=pivot<SMALL_PIVOT&&pass_index==PASSES-1;
// @unroll
for(var q=0u;q<QUADS;q++){
let column=scale[q]*
select(right[r*QUADS+q]/sqrt(max(pivot,SMALL_PIVOT)),vec4f(),nothing);
// @unroll
for(var c=0u;c<4;c++){g[(4*q+c)*BLOCK+i]=column[c];}
}
}
workgroupBarrier();
}
`,
  };

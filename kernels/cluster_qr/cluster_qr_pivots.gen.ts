import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from cluster_qr_pivots.wgsl: do not edit.
/** Bindings and uniforms of `cluster_qr_pivots`. */
export type ClusterQrPivotsArgs = {
    readonly points: Tensor<"f32">;
    readonly residuals: Tensor<"f32">;
    readonly pivots: Tensor<"f32">;
    readonly params: { readonly nodes: number; readonly k: number };
  };

/** See cluster_qr_pivots.wgsl. */
export const clusterQrPivotsKernel: Kernel<ClusterQrPivotsArgs> = {
    "name": "cluster_qr_pivots",
    "bindings": [
      {
        "name": "points",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "residuals",
        "access": "read_write",
        "dtype": "f32"
      },
      {
        "name": "pivots",
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
        "name": "k",
        "type": "u32"
      }
    ],
    "overrides": {},
    "requires": [],
    "source": `










const WORKGROUP=64u;
// @variants QUADS = 1, 2, 3, 4
const QUADS=4u;
const BLOCK=4u*QUADS;
const NONE=0xffffffffu;
const LOST=1e-10;

struct Params{nodes:u32,k:u32}

@group(0)@binding(0)var<storage,read>points:array<vec4f>;
@group(0)@binding(1)var<storage,read_write>residuals:array<vec4f>;
@group(0)@binding(2)var<storage,read_write>pivots:array<vec4f>;
@group(0)@binding(3)var<uniform>params:Params;

var<workgroup>direction:array<vec4f,QUADS>;
var<workgroup>squares:array<f32,WORKGROUP>;
var<workgroup>places:array<u32,WORKGROUP>;
var<workgroup>chosen:u32;

@compute@workgroup_size(WORKGROUP)
fn cluster_qr_pivots(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)lane:u32,
){
let first=group.x*params.nodes;
let matrix=group.x*BLOCK*QUADS;
if lane<QUADS{direction[lane]=vec4f();}
for(var at=lane;at<BLOCK*QUADS;at+=WORKGROUP){pivots[matrix+at]=vec4f();}
workgroupBarrier();
for(var c=0u;c<params.k;c++){
find_farthest(first,lane,c==0);
let pivot=workgroupUniformLoad(&chosen);
if pivot==NONE{break;}
if lane<QUADS{
let at=(first+pivot)*QUADS+lane;
pivots[matrix+c*QUADS+lane]=points[at];
direction[lane]=residuals[at]/sqrt(squares[0]);
}
workgroupBarrier();
}
}

/**Takes the direction out of all residuals;the longest one that is no rounding is\`chosen\`.*/
fn find_farthest(first:u32,lane:u32,start:bool){
var most=0.0;
var place=NONE;
for(var i=lane;i<params.nodes;i+=WORKGROUP){
var rest:array<vec4f,QUADS> =array<vec4f,QUADS>();
var own=0.0;
var share=0.0;
// @unroll
for(var q=0u;q<QUADS;q++){
let point=points[(first+i)*QUADS+q];
if start{rest[q]=point;}else{rest[q]=residuals[(first+i)*QUADS+q];}
own+=dot(point,point);
share+=dot(rest[q],direction[q]);
}
var square=0.0;
// @unroll
for(var q=0u;q<QUADS;q++){
rest[q]-=share*direction[q];
residuals[(first+i)*QUADS+q]=rest[q];
square+=dot(rest[q],rest[q]);
}
if square>most&&square>LOST*own{
most=square;
place=i;
}
}
squares[lane]=most;
places[lane]=place;
storageBarrier();
workgroupBarrier();
if lane==0{
for(var l=1u;l<WORKGROUP;l++){
if squares[l]>most||(squares[l]==most&&places[l]<place){
most=squares[l];
place=places[l];
}
}
squares[0]=most;
chosen=place;
}
}
`,
  };

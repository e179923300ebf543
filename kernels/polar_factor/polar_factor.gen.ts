import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from polar_factor.wgsl: do not edit.
/** Bindings and uniforms of `polar_factor`. */
export type PolarFactorArgs = {
    readonly rows: Tensor<"f32">;
    readonly settled: Tensor<"u32">;
    readonly out: Tensor<"f32">;
  };

/** See polar_factor.wgsl. */
export const polarFactorKernel: Kernel<PolarFactorArgs> = {
    "name": "polar_factor",
    "bindings": [
      {
        "name": "rows",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "settled",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "out",
        "access": "read_write",
        "dtype": "f32"
      }
    ],
    "params": [],
    "overrides": {},
    "requires": [],
    "source": `










const WORKGROUP=64u;
// @variants QUADS = 1, 2, 3, 4
const QUADS=4u;
const BLOCK=4u*QUADS;
const PAIRS=2u*QUADS;
const SWEEPS=12u;
const NEGLIGIBLE=4e-7;
const LOST=1e-6;

@group(0)@binding(0)var<storage,read>rows:array<vec4f>;
@group(0)@binding(1)var<storage,read>settled:array<u32>;
@group(0)@binding(2)var<storage,read_write>out:array<vec4f>;

var<workgroup>turned:array<vec4f,BLOCK*QUADS>;
var<workgroup>turns:array<vec4f,BLOCK*QUADS>;
var<workgroup>lengths:array<f32,BLOCK>;
var<workgroup>rotated:atomic<u32>;
var<workgroup>done:u32;

@compute@workgroup_size(WORKGROUP)
fn polar_factor(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)lane:u32,
){
let image=group.x;
if lane==0{done=settled[image];}
if workgroupUniformLoad(&done)!=0{return;}
let first=image*BLOCK*QUADS;
for(var at=lane;at<BLOCK*QUADS;at+=WORKGROUP){
let unit=vec4u(at/QUADS)==at%QUADS*4+vec4u(0,1,2,3);
turned[at]=rows[first+at];
turns[at]=select(vec4f(),vec4f(1),unit);
}
orthogonalise(lane);
if lane<BLOCK{
var square=0.0;
for(var q=0u;q<QUADS;q++){
square+=dot(turned[lane*QUADS+q],turned[lane*QUADS+q]);
}
lengths[lane]=sqrt(square);
}
workgroupBarrier();
var largest=0.0;
for(var j=0u;j<BLOCK;j++){largest=max(largest,lengths[j]);}
for(var at=lane;at<BLOCK*QUADS;at+=WORKGROUP){
let c=at/QUADS;
var sum=vec4f();
for(var j=0u;j<BLOCK;j++){
if lengths[j]>LOST*largest{
sum+=turns[j*QUADS+c/4][c%4]*(turned[j*QUADS+at%QUADS]/lengths[j]);
}
}
out[first+at]=sum;
}
}

/**Sweeps over all pairs of rows until every two are orthogonal.*/
fn orthogonalise(lane:u32){
for(var sweep=0u;sweep<SWEEPS;sweep++){
if lane==0{atomicStore(&rotated,0);}
workgroupBarrier();
for(var round=0u;round<BLOCK-1;round++){
if lane<PAIRS{rotate_pair(lane,round);}
workgroupBarrier();
}
if lane==0{done=atomicLoad(&rotated);}
if workgroupUniformLoad(&done)==0{break;}
}
}

/**Round-robin:the last index stays,the others move on by one each round.*/
fn rotate_pair(pair:u32,round:u32){
let others=BLOCK-1;
let p=select((round+pair)%others,others,pair==0)*QUADS;
let q=(round+others-pair)%others*QUADS;
var squares=vec2f();
var coupling=0.0;
for(var j=0u;j<QUADS;j++){
squares+=vec2f(dot(turned[p+j],turned[p+j]),dot(turned[q+j],turned[q+j]));
coupling+=dot(turned[p+j],turned[q+j]);
}
let sizes=sqrt(squares);
if!(abs(coupling)>NEGLIGIBLE*sizes.x*sizes.y){return;}
atomicStore(&rotated,1);
let slope=(squares.y-squares.x)/(2*coupling);

let tangent=select(-1.0,1.0,slope>=0)/(abs(slope)+length(vec2f(1,slope)));
let cosine=1/sqrt(1+tangent*tangent);
let sine=cosine*tangent;
for(var j=0u;j<QUADS;j++){
let row=turned[p+j];
let turn=turns[p+j];
turned[p+j]=cosine*row-sine*turned[q+j];
turned[q+j]=sine*row+cosine*turned[q+j];
turns[p+j]=cosine*turn-sine*turns[q+j];
turns[q+j]=sine*turn+cosine*turns[q+j];
}
}
`,
  };

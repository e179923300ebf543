import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from rayleigh_ritz.wgsl: do not edit.
/** Bindings and uniforms of `rayleigh_ritz`. */
export type RayleighRitzArgs = {
    readonly x: Tensor<"f32">;
    readonly y: Tensor<"f32">;
    readonly shifts: Tensor<"f32">;
    readonly settled: Tensor<"u32">;
    readonly values: Tensor<"f32">;
    readonly rotation: Tensor<"f32">;
    readonly residuals: Tensor<"f32">;
    readonly params: { readonly nodes: number; readonly x_stride: number; readonly live: number; readonly count: number; readonly residual_quads: number; readonly step: number; readonly tolerance: number; readonly least_shift: number };
  };

/** See rayleigh_ritz.wgsl. */
export const rayleighRitzKernel: Kernel<RayleighRitzArgs> = {
    "name": "rayleigh_ritz",
    "bindings": [
      {
        "name": "x",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "y",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "shifts",
        "access": "read_write",
        "dtype": "f32"
      },
      {
        "name": "settled",
        "access": "read_write",
        "dtype": "u32"
      },
      {
        "name": "values",
        "access": "read_write",
        "dtype": "f32"
      },
      {
        "name": "rotation",
        "access": "read_write",
        "dtype": "f32"
      },
      {
        "name": "residuals",
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
        "name": "x_stride",
        "type": "u32"
      },
      {
        "name": "live",
        "type": "u32"
      },
      {
        "name": "count",
        "type": "u32"
      },
      {
        "name": "residual_quads",
        "type": "u32"
      },
      {
        "name": "step",
        "type": "u32"
      },
      {
        "name": "tolerance",
        "type": "f32"
      },
      {
        "name": "least_shift",
        "type": "f32"
      }
    ],
    "overrides": {},
    "requires": [],
    "source": `
















const WORKGROUP=128u;
// @variants QUADS = 1, 2, 4, 8
const QUADS=4u;
const BLOCK=4u*QUADS;
const PAIRS=2u*QUADS;
const TILES=QUADS*QUADS;
const SWEEPS=10u;
const NEGLIGIBLE=6e-8;
const ROUNDING=1e-3;
const OVERSHOOT=1.0625;
const LAST= -1e38;

struct Params{
nodes:u32,
x_stride:u32,
live:u32,
count:u32,
residual_quads:u32,
step:u32,
tolerance:f32,
least_shift:f32,
}


@group(0)@binding(0)var<storage,read>x:array<vec4f>;

@group(0)@binding(1)var<storage,read>y:array<vec4f>;
@group(0)@binding(2)var<storage,read_write>shifts:array<f32>;
@group(0)@binding(3)var<storage,read_write>settled:array<u32>;
@group(0)@binding(4)var<storage,read_write>values:array<f32>;
@group(0)@binding(5)var<storage,read_write>rotation:array<vec4f>;
@group(0)@binding(6)var<storage,read_write>residuals:array<f32>;
@group(0)@binding(7)var<uniform>params:Params;

var<workgroup>t:array<f32,BLOCK*BLOCK>;
var<workgroup>u:array<f32,BLOCK*BLOCK>;
var<workgroup>quads:array<vec4f,256>;
var<workgroup>squares:array<vec4f,WORKGROUP>;
var<workgroup>pairs:array<vec2u,PAIRS>;
var<workgroup>turns:array<vec2f,PAIRS>;
var<workgroup>order:array<u32,BLOCK>;
var<workgroup>lengths:array<f32,BLOCK>;
var<workgroup>sorted:array<f32,BLOCK>;
var<workgroup>scale:f32;
var<workgroup>rotated:atomic<u32>;
var<workgroup>done:u32;

@compute@workgroup_size(WORKGROUP)
fn rayleigh_ritz(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)lane:u32,
){
let image=group.x;
if lane==0{done=settled[image];}
if workgroupUniformLoad(&done)!=0{return;}
project(image,lane);
diagonalise(lane);
sort(image,lane);
measure(image,lane);
}

/**T=xᵀy,made symmetric;U=1.*/
fn project(image:u32,lane:u32){
let tile=lane%TILES;
let rows=lane/TILES;
let left=image*params.x_stride+tile/QUADS;
let right=image*params.nodes*QUADS+tile%QUADS;
var sums:array<vec4f,4>;
for(var k=rows;k<params.nodes;k+=WORKGROUP/TILES){
let a=x[left+k*QUADS];
let b=y[right+k*QUADS];
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
u[at]=sums[r].x;
u[at+1]=sums[r].y;
u[at+2]=sums[r].z;
u[at+3]=sums[r].w;
}
}
workgroupBarrier();
for(var at=lane;at<BLOCK*BLOCK;at+=WORKGROUP){
let i=at/BLOCK;
let j=at%BLOCK;
let there=i<params.live&&j<params.live;
t[at]=select(select(0.0,LAST,i==j),0.5*(u[at]+u[j*BLOCK+i]),there);
}
workgroupBarrier();
for(var at=lane;at<BLOCK*BLOCK;at+=WORKGROUP){
u[at]=select(0.0,1.0,at/BLOCK==at%BLOCK);
}
if lane==0{
scale=0;
for(var j=0u;j<params.live;j++){scale=max(scale,abs(t[j*BLOCK+j]));}
}
workgroupBarrier();
}

/**Rotates T to a diagonal and gathers the rotations in U.*/
fn diagonalise(lane:u32){
for(var sweep=0u;sweep<SWEEPS;sweep++){
if lane==0{atomicStore(&rotated,0);}
workgroupBarrier();
for(var round=0u;round<BLOCK-1;round++){
if lane<PAIRS{choose_rotation(lane,round);}
workgroupBarrier();
for(var at=lane;at<PAIRS*PAIRS;at+=WORKGROUP){
rotate_block(at/PAIRS,at%PAIRS);
}
for(var at=lane;at<PAIRS*BLOCK;at+=WORKGROUP){
let pair=pairs[at/BLOCK];
let turn=turns[at/BLOCK];
let row=at%BLOCK*BLOCK;
let p=u[row+pair.x];
let q=u[row+pair.y];
u[row+pair.x]=turn.x*p-turn.y*q;
u[row+pair.y]=turn.y*p+turn.x*q;
}
workgroupBarrier();
}
if workgroupUniformLoad(&rotated)==0{break;}
}
}

/**Round-robin:the last index stays,the others move on by one each round.*/
fn choose_rotation(pair:u32,round:u32){
let others=BLOCK-1;
let p=select((round+pair)%others,others,pair==0);
let q=(round+others-pair)%others;
let coupling=t[p*BLOCK+q];
var turn=vec2f(1,0);
if coupling!=0{
let slope=(t[q*BLOCK+q]-t[p*BLOCK+p])/(2*coupling);

let tangent=select(-1.0,1.0,slope>=0)/(abs(slope)+length(vec2f(1,slope)));
let cosine=1/sqrt(1+tangent*tangent);
turn=vec2f(cosine,cosine*tangent);
if abs(coupling)>NEGLIGIBLE*scale{atomicStore(&rotated,1);}
}
pairs[pair]=vec2u(p,q);
turns[pair]=turn;
}

/**Applies two rotations to the 2×2 block of T where their rows and columns meet.*/
fn rotate_block(row_pair:u32,column_pair:u32){
let rows=pairs[row_pair]*BLOCK;
let columns=pairs[column_pair];
let r=turns[row_pair];
let c=turns[column_pair];
let upper=vec2f(t[rows.x+columns.x],t[rows.x+columns.y]);
let lower=vec2f(t[rows.y+columns.x],t[rows.y+columns.y]);
let p=r.x*upper-r.y*lower;
let q=r.y*upper+r.x*lower;
let same=row_pair==column_pair;
t[rows.x+columns.x]=c.x*p.x-c.y*p.y;
t[rows.x+columns.y]=select(c.y*p.x+c.x*p.y,0.0,same);
t[rows.y+columns.x]=select(c.x*q.x-c.y*q.y,0.0,same);
t[rows.y+columns.y]=c.y*q.x+c.x*q.y;
}

/**Writes eigenvalues and vectors of T in descending order;of equal ones the first comes first.*/
fn sort(image:u32,lane:u32){
if lane<BLOCK{
let value=t[lane*BLOCK+lane];
var rank=0u;
for(var j=0u;j<BLOCK;j++){
let other=t[j*BLOCK+j];
if other>value||(other==value&&j<lane){rank++;}
}

var square=0.0;
for(var i=0u;i<BLOCK;i++){square+=u[i*BLOCK+lane]*u[i*BLOCK+lane];}
lengths[rank]=sqrt(square);
order[rank]=lane;
sorted[rank]=value;
values[image*BLOCK+rank]=select(0.0,value-shifts[image],rank<params.live);
}
workgroupBarrier();
for(var at=lane;at<BLOCK*QUADS;at+=WORKGROUP){
let row=at/QUADS*BLOCK;
let j=at%QUADS*4;
quads[at]=vec4f(
u[row+order[j]],
u[row+order[j+1]],
u[row+order[j+2]],
u[row+order[j+3]],
)/vec4f(lengths[j],lengths[j+1],lengths[j+2],lengths[j+3]);
rotation[image*BLOCK*QUADS+at]=quads[at];
}
workgroupBarrier();
}

/**residuals[j]=‖y u_j-values[j]x u_j‖for the wanted columns,and the verdict.*/
fn measure(image:u32,lane:u32){
let j=lane%params.residual_quads;
let rows=lane/params.residual_quads;
let groups=WORKGROUP/params.residual_quads;
let value=vec4f(sorted[4*j],sorted[4*j+1],sorted[4*j+2],sorted[4*j+3]);
let left=image*params.x_stride;
let right=image*params.nodes*QUADS;
var sum=vec4f();
for(var k=rows;k<params.nodes;k+=groups){
var rest=vec4f();
for(var i=0u;i<QUADS;i++){
let a=x[left+k*QUADS+i];
let b=y[right+k*QUADS+i];
let at=4*i*QUADS+j;
rest+=(b.x-value*a.x)*quads[at]+(b.y-value*a.y)*quads[at+QUADS]+
(b.z-value*a.z)*quads[at+2*QUADS]+(b.w-value*a.w)*quads[at+3*QUADS];
}
sum+=rest*rest;
}
squares[lane]=sum;
for(var width=WORKGROUP/2;width>=params.residual_quads;width/=2){
workgroupBarrier();
if lane<width{squares[lane]+=squares[lane+width];}
}
workgroupBarrier();
if lane==0{judge(image);}
}

/**
*Settles the image,or chooses the next shift.A step multiplies what belongs to the eigenvalue
*μby|μ+shift|;the wanted values must come out ahead of the negative end of the spectrum,or
*the block fills with vectors of that end,each with a small residual.Halfway between the ends
*of what is not wanted,as far as the block shows it,both are damped alike;a little more keeps
*a multiple eigenvalue at the lower end from vanishing altogether.
*/
fn judge(image:u32){
var largest=0.0;
for(var column=0u;column<params.count;column++){

let square=select(0.0,squares[column/4][column%4],column<params.live);
residuals[image*params.count+column]=sqrt(square);
largest=max(largest,sqrt(square));
}
let last=sorted[params.live-1];
let ahead=sorted[min(params.count,params.live)-1]>=abs(last)*(1-ROUNDING);
let complete=params.live<BLOCK||params.nodes==BLOCK;
if largest<=params.tolerance&&(ahead||complete){
settled[image]=params.step;
return;
}
let shift=shifts[image];
let middle=0.5*(last+sorted[min(params.count,params.live-1)])-shift;
shifts[image]=clamp(-OVERSHOOT*middle,params.least_shift,1.0);
}
`,
  };

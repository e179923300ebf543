import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from k_means_seed.wgsl: do not edit.
/** Bindings and uniforms of `k_means_seed`. */
export type KMeansSeedArgs = {
    readonly centred: Tensor<"f32">;
    readonly moments: Tensor<"f32">;
    readonly draws: Tensor<"f32">;
    readonly starts: Tensor<"f32">;
    readonly nearest: Tensor<"f32">;
    readonly centres: Tensor<"f32">;
    readonly params: { readonly nodes: number; readonly k: number; readonly columns: number; readonly restarts: number; readonly trials: number; readonly given: number };
  };

/** See k_means_seed.wgsl. */
export const kMeansSeedKernel: Kernel<KMeansSeedArgs> = {
    "name": "k_means_seed",
    "bindings": [
      {
        "name": "centred",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "moments",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "draws",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "starts",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "nearest",
        "access": "read_write",
        "dtype": "f32"
      },
      {
        "name": "centres",
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
      },
      {
        "name": "columns",
        "type": "u32"
      },
      {
        "name": "restarts",
        "type": "u32"
      },
      {
        "name": "trials",
        "type": "u32"
      },
      {
        "name": "given",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `












override WORKGROUP:u32=64;
// @variants QUADS = 1, 2, 3, 4, 5
const QUADS=1u;
const TRIALS=4u;
const MOMENTS=24u;

struct Params{nodes:u32,k:u32,columns:u32,restarts:u32,trials:u32,given:u32}


@group(0)@binding(0)var<storage,read>centred:array<vec4f>;
@group(0)@binding(1)var<storage,read>moments:array<f32>;
@group(0)@binding(2)var<storage,read>draws:array<f32>;
@group(0)@binding(3)var<storage,read>starts:array<f32>;
@group(0)@binding(4)var<storage,read_write>nearest:array<f32>;
@group(0)@binding(5)var<storage,read_write>centres:array<vec4f>;
@group(0)@binding(6)var<uniform>params:Params;

var<workgroup>trial_nodes:array<u32,TRIALS>;
var<workgroup>partials:array<vec4f,WORKGROUP>;
var<workgroup>before:array<f32,WORKGROUP+1>;
var<workgroup>total:vec4f;


fn sum_over_lanes(lane:u32,value:vec4f)->vec4f{
partials[lane]=value;
workgroupBarrier();
if lane==0{
var sum=vec4f();
for(var l=0u;l<WORKGROUP;l++){sum+=partials[l];}
total=sum;
}
return workgroupUniformLoad(&total);
}


fn seed_centres(lane:u32,image:u32,restart:u32){
let nodes_at=image*params.nodes;
let own_at=(image*params.restarts+restart)*params.nodes;
let centres_at=(image*params.restarts+restart)*params.k*QUADS;
let draws_at=restart*(1+(params.k-1)*params.trials);
let chunk=(params.nodes+WORKGROUP-1)/WORKGROUP;
let begin=min(lane*chunk,params.nodes);
let end=min(begin+chunk,params.nodes);

let first=min(u32(draws[draws_at]*f32(params.nodes)),params.nodes-1);
var trial_centres:array<vec4f,TRIALS*QUADS>;
var centre:array<vec4f,QUADS>;
// @unroll
for(var q=0u;q<QUADS;q++){
centre[q]=centred[(nodes_at+first)*QUADS+q];
if lane==0{centres[centres_at+q]=centre[q];}
}
var own=0.0;
for(var i=begin;i<end;i++){
var d=0.0;
// @unroll
for(var q=0u;q<QUADS;q++){
let side=centred[(nodes_at+i)*QUADS+q]-centre[q];
d+=dot(side,side);
}
nearest[own_at+i]=d;
own+=d;
}
for(var c=1u;c<params.k;c++){
before[lane+1]=own;
workgroupBarrier();
if lane==0{
before[0]=0;
for(var l=0u;l<WORKGROUP;l++){before[l+1]+=before[l];}
for(var t=0u;t<TRIALS;t++){trial_nodes[t]=params.nodes-1;}
}
workgroupBarrier();
for(var t=0u;t<params.trials;t++){
let aim=draws[draws_at+1+(c-1)*params.trials+t]*before[WORKGROUP];
if aim<=before[lane+1]&&(aim>before[lane]||lane==0){

var sum=before[lane];
var found=begin;
for(var i=begin;i<end;i++){
found=i;
sum+=nearest[own_at+i];
if sum>=aim{break;}
}
trial_nodes[t]=found;
}
}
workgroupBarrier();
// @unroll
for(var t=0u;t<TRIALS;t++){

let node=nodes_at+trial_nodes[select(0,t,t<params.trials)];
// @unroll
for(var q=0u;q<QUADS;q++){trial_centres[t*QUADS+q]=centred[node*QUADS+q];}
}
var pots=vec4f();
for(var i=begin;i<end;i++){
var d=vec4f();
// @unroll
for(var q=0u;q<QUADS;q++){
let node=centred[(nodes_at+i)*QUADS+q];
// @unroll
for(var t=0u;t<TRIALS;t++){
let side=node-trial_centres[t*QUADS+q];
d[t]+=dot(side,side);
}
}
pots+=min(d,vec4f(nearest[own_at+i]));
}
let left=sum_over_lanes(lane,pots);
var best=0u;
var least=left.x;
if left.y<least{best=1;least=left.y;}
if left.z<least{best=2;least=left.z;}
if left.w<least{best=3;}
let chosen=nodes_at+trial_nodes[select(0,best,best<params.trials)];
// @unroll
for(var q=0u;q<QUADS;q++){centre[q]=centred[chosen*QUADS+q];}
own=0;
for(var i=begin;i<end;i++){
var to_centre=0.0;
// @unroll
for(var q=0u;q<QUADS;q++){
let side=centred[(nodes_at+i)*QUADS+q]-centre[q];
to_centre+=dot(side,side);
}
let d=min(nearest[own_at+i],to_centre);
nearest[own_at+i]=d;
own+=d;
}
if lane==0{
// @unroll
for(var q=0u;q<QUADS;q++){centres[centres_at+c*QUADS+q]=centre[q];}
}
}
}


fn take_starts(lane:u32,image:u32,restart:u32){
let centres_at=(image*params.restarts+restart)*params.k*QUADS;
for(var slot=lane;slot<params.k*QUADS;slot+=WORKGROUP){
var centre=vec4f();
for(var c=0u;c<4;c++){
let j=(slot%QUADS)*4+c;
if j<params.columns{
let start=starts[(image*params.k+slot/QUADS)*params.columns+j];
centre[c]=start-moments[image*MOMENTS+j];
}
}
centres[centres_at+slot]=centre;
}
}

@compute@workgroup_size(WORKGROUP)
fn k_means_seed(@builtin(workgroup_id)group:vec3u,@builtin(local_invocation_id)id:vec3u){
if params.given==1{
take_starts(id.x,group.y,group.x);
}else{
seed_centres(id.x,group.y,group.x);
}
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from k_means_lloyd.wgsl: do not edit.
/** Bindings and uniforms of `k_means_lloyd`. */
export type KMeansLloydArgs = {
    readonly centred: Tensor<"f32">;
    readonly moments: Tensor<"f32">;
    readonly centres: Tensor<"f32">;
    readonly finished: Tensor<"u32">;
    readonly candidates: Tensor<"u32">;
    readonly partials: Tensor<"f32">;
    readonly scores: Tensor<"f32">;
    readonly params: { readonly nodes: number; readonly k: number; readonly restarts: number; readonly iterations: number; readonly tolerance: number; readonly first: number; readonly last: number };
  };

/** See k_means_lloyd.wgsl. */
export const kMeansLloydKernel: Kernel<KMeansLloydArgs> = {
    "name": "k_means_lloyd",
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
        "name": "centres",
        "access": "read_write",
        "dtype": "f32"
      },
      {
        "name": "finished",
        "access": "read_write",
        "dtype": "u32"
      },
      {
        "name": "candidates",
        "access": "read_write",
        "dtype": "u32"
      },
      {
        "name": "partials",
        "access": "read_write",
        "dtype": "f32"
      },
      {
        "name": "scores",
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
        "name": "restarts",
        "type": "u32"
      },
      {
        "name": "iterations",
        "type": "u32"
      },
      {
        "name": "tolerance",
        "type": "f32"
      },
      {
        "name": "first",
        "type": "u32"
      },
      {
        "name": "last",
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
// @variants CLUSTERS = 4, 8, 16
const CLUSTERS=4u;
const COUNTS=CLUSTERS/4;
const SLOTS=CLUSTERS*QUADS+COUNTS;
const MOMENTS=24u;
const VARIANCE=20u;
const NONE=0xffffffffu;

struct Params{
nodes:u32,
k:u32,
restarts:u32,
iterations:u32,
tolerance:f32,
first:u32,
last:u32,
}


@group(0)@binding(0)var<storage,read>centred:array<vec4f>;
@group(0)@binding(1)var<storage,read>moments:array<f32>;
@group(0)@binding(2)var<storage,read_write>centres:array<vec4f>;
@group(0)@binding(3)var<storage,read_write>finished:array<u32>;
@group(0)@binding(4)var<storage,read_write>candidates:array<u32>;
@group(0)@binding(5)var<storage,read_write>partials:array<vec4f>;
@group(0)@binding(6)var<storage,read_write>scores:array<f32>;
@group(0)@binding(7)var<uniform>params:Params;

var<workgroup>current:array<vec4f,CLUSTERS*QUADS>;
var<workgroup>sums:array<vec4f,SLOTS>;
var<workgroup>farthest:array<f32,WORKGROUP>;
var<workgroup>farthest_node:array<u32,WORKGROUP>;
var<workgroup>inertias:array<f32,WORKGROUP>;
var<workgroup>empty:u32;
var<workgroup>moved:atomic<u32>;
var<workgroup>stop:u32;

struct Assigned{changed:u32,inertia:f32}


fn assign(nodes_at:u32,own_at:u32,partials_at:u32,begin:u32,end:u32)->Assigned{
var centre:array<vec4f,CLUSTERS*QUADS>;
// @unroll
for(var s=0u;s<CLUSTERS*QUADS;s++){centre[s]=current[s];}
var own:array<vec4f,SLOTS>;
var node:array<vec4f,QUADS>;
var outcome=Assigned(0,0);
for(var i=begin;i<end;i++){
// @unroll
for(var q=0u;q<QUADS;q++){node[q]=centred[(nodes_at+i)*QUADS+q];}
var best=0u;
var least=3.4028234e38;
// @unroll
for(var c=0u;c<CLUSTERS;c++){
var distance=0.0;
// @unroll
for(var q=0u;q<QUADS;q++){
let d=node[q]-centre[c*QUADS+q];
distance+=dot(d,d);
}
let nearer=c<params.k&&distance<least;
best=select(best,c,nearer);
least=select(least,distance,nearer);
}
// @unroll
for(var c=0u;c<CLUSTERS;c++){
// @unroll
for(var q=0u;q<QUADS;q++){
own[c*QUADS+q]+=select(vec4f(),node[q],best==c);
}
}
// @unroll
for(var g=0u;g<COUNTS;g++){
own[CLUSTERS*QUADS+g]+=vec4f(4*g+vec4u(0,1,2,3)==vec4u(best));
}
outcome.changed|=u32(candidates[own_at+i]!=best);
outcome.inertia+=least;
candidates[own_at+i]=best;
}
// @unroll
for(var s=0u;s<SLOTS;s++){partials[partials_at+s]=own[s];}
return outcome;
}


fn add_up(lane:u32,partials_at:u32){
for(var slot=lane;slot<SLOTS;slot+=WORKGROUP){
var sum=vec4f();
for(var l=0u;l<WORKGROUP;l++){sum+=partials[partials_at+l*SLOTS+slot];}
sums[slot]=sum;
}
workgroupBarrier();
}


fn size(c:u32)->f32{return sums[CLUSTERS*QUADS+c/4][c%4];}


fn own_distance(node:u32,cluster:u32)->f32{
var distance=0.0;
// @unroll
for(var q=0u;q<QUADS;q++){
let d=centred[node*QUADS+q]-current[cluster*QUADS+q];
distance+=dot(d,d);
}
return distance;
}


fn fill_empty(lane:u32,nodes_at:u32,own_at:u32,begin:u32,end:u32){
if lane==0{
empty=0;
for(var c=0u;c<params.k;c++){empty+=u32(size(c)==0);}
}
let count=workgroupUniformLoad(&empty);
var taken=NONE;
var limit=0.0;
for(var e=0u;e<count;e++){
var far=NONE;
var most=0.0;
for(var i=begin;i<end;i++){
let d=own_distance(nodes_at+i,candidates[own_at+i]);
let left=taken==NONE||d<limit||(d==limit&&i>taken);
if d>most&&left{
far=i;
most=d;
}
}
farthest[lane]=most;
farthest_node[lane]=far;
workgroupBarrier();
for(var l=0u;l<WORKGROUP;l++){
if farthest[l]>most||(farthest[l]==most&&farthest_node[l]<far){
most=farthest[l];
far=farthest_node[l];
}
}
if lane==0&&far!=NONE{give_node(nodes_at,own_at,far);}
taken=select(far,0,far==NONE);
limit=most;
workgroupBarrier();
}
}


fn give_node(nodes_at:u32,own_at:u32,i:u32){
var c=0u;
while size(c)!=0{c++;}
let old=candidates[own_at+i];
for(var q=0u;q<QUADS;q++){
let node=centred[(nodes_at+i)*QUADS+q];
sums[old*QUADS+q]-=node;
sums[c*QUADS+q]=node;
}
sums[CLUSTERS*QUADS+old/4][old%4]-=1;
sums[CLUSTERS*QUADS+c/4][c%4]=1;
}


fn move_centres()->f32{
var shift=0.0;
for(var slot=0u;slot<params.k*QUADS;slot++){
let count=size(slot/QUADS);
if count==0{continue;}
let centre=sums[slot]/count;
let d=centre-current[slot];
shift+=dot(d,d);
current[slot]=centre;
}
return shift;
}

@compute@workgroup_size(WORKGROUP)
fn k_means_lloyd(@builtin(workgroup_id)group:vec3u,@builtin(local_invocation_id)id:vec3u){
let restart=group.y*params.restarts+group.x;
let lane=id.x;
let nodes_at=group.y*params.nodes;
let own_at=restart*params.nodes;
let partials_at=restart*WORKGROUP*SLOTS;
let slots=params.k*QUADS;
let chunk=(params.nodes+WORKGROUP-1)/WORKGROUP;
let begin=min(lane*chunk,params.nodes);
let end=min(begin+chunk,params.nodes);

if lane==0{stop=select(finished[restart],0,params.first==1);}
for(var s=lane;s<slots;s+=WORKGROUP){current[s]=centres[restart*slots+s];}
let enough=params.tolerance*moments[group.y*MOMENTS+VARIANCE];
for(var iteration=0u;iteration<=params.iterations;iteration++){
let settled=workgroupUniformLoad(&stop)==1||iteration==params.iterations;
if settled&&params.last==0{break;}
let assigned=assign(nodes_at,own_at,partials_at+lane*SLOTS,begin,end);
if settled{
inertias[lane]=assigned.inertia;
break;
}
if assigned.changed==1||(iteration==0&&params.first==1){atomicStore(&moved,1);}
storageBarrier();
workgroupBarrier();
add_up(lane,partials_at);
fill_empty(lane,nodes_at,own_at,begin,end);
if lane==0{
let shift=move_centres();
stop=u32(atomicLoad(&moved)==0||shift<=enough);
atomicStore(&moved,0);
}
}
workgroupBarrier();
for(var s=lane;s<slots;s+=WORKGROUP){centres[restart*slots+s]=current[s];}
if lane==0{
finished[restart]=stop;
if params.last==1{
var sum=0.0;
for(var l=0u;l<WORKGROUP;l++){sum+=inertias[l];}
scores[restart]=sum;
}
}
}
`,
  };

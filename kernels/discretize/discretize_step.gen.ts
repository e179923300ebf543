import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from discretize_step.wgsl: do not edit.
/** Bindings and uniforms of `discretize_step`. */
export type DiscretizeStepArgs = {
    readonly rows: Tensor<"f32">;
    readonly rotation: Tensor<"f32">;
    readonly labels: Tensor<"u32">;
    readonly fits: Tensor<"f32">;
    readonly members: Tensor<"f32">;
    readonly settled: Tensor<"u32">;
    readonly params: { readonly nodes: number; readonly k: number; readonly first_step: number };
  };

/** See discretize_step.wgsl. */
export const discretizeStepKernel: Kernel<DiscretizeStepArgs> = {
    "name": "discretize_step",
    "bindings": [
      {
        "name": "rows",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "rotation",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "labels",
        "access": "read_write",
        "dtype": "u32"
      },
      {
        "name": "fits",
        "access": "read_write",
        "dtype": "f32"
      },
      {
        "name": "members",
        "access": "read_write",
        "dtype": "f32"
      },
      {
        "name": "settled",
        "access": "read_write",
        "dtype": "u32"
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
        "name": "first_step",
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
const SLOTS=BLOCK*QUADS;
const SEGMENTS=WORKGROUP/SLOTS;
const NONE=0xffffffffu;

struct Params{nodes:u32,k:u32,first_step:u32}

@group(0)@binding(0)var<storage,read>rows:array<vec4f>;
@group(0)@binding(1)var<storage,read>rotation:array<vec4f>;
@group(0)@binding(2)var<storage,read_write>labels:array<u32>;
@group(0)@binding(3)var<storage,read_write>fits:array<f32>;
@group(0)@binding(4)var<storage,read_write>members:array<vec4f>;
@group(0)@binding(5)var<storage,read_write>settled:array<u32>;
@group(0)@binding(6)var<uniform>params:Params;

var<workgroup>current:array<vec4f,SLOTS>;
var<workgroup>sizes:array<atomic<u32>,BLOCK>;
var<workgroup>partials:array<vec4f,WORKGROUP>;
var<workgroup>places:array<u32,WORKGROUP>;
var<workgroup>changed:atomic<u32>;
var<workgroup>flag:u32;

@compute@workgroup_size(WORKGROUP)
fn discretize_step(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)lane:u32,
){
let image=group.x;
let first=image*params.nodes;
if lane==0{flag=settled[image];}
if workgroupUniformLoad(&flag)!=0{return;}
if lane<SLOTS{current[lane]=rotation[image*SLOTS+lane];}
workgroupBarrier();
assign(first,lane);
storageBarrier();
workgroupBarrier();
add_up(first,lane);
for(var c=0u;c<params.k;c++){
if lane==0{flag=atomicLoad(&sizes[c]);}
if workgroupUniformLoad(&flag)==0{fill(first,lane,c);}
}
if lane<SLOTS{members[image*SLOTS+lane]=current[lane];}
if lane==0&&params.first_step==0{settled[image]=1-atomicLoad(&changed);}
}

fn assign(first:u32,lane:u32){
for(var i=lane;i<params.nodes;i+=WORKGROUP){
var row:array<vec4f,QUADS> =array<vec4f,QUADS>();
// @unroll
for(var q=0u;q<QUADS;q++){row[q]=rows[(first+i)*QUADS+q];}
var best=0u;
var most=0.0;
for(var c=0u;c<params.k;c++){
var sum=0.0;
// @unroll
for(var q=0u;q<QUADS;q++){sum+=dot(row[q],current[c*QUADS+q]);}
if c==0||sum>most{
best=c;
most=sum;
}
}
if labels[first+i]!=best{atomicStore(&changed,1);}
labels[first+i]=best;
fits[first+i]=most;
atomicAdd(&sizes[best],1);
}
}

/**Sums of the rows of each cluster.*/
fn add_up(first:u32,lane:u32){
let slot=lane%SLOTS;
var sum=vec4f();
if lane<SLOTS*SEGMENTS{
for(var i=lane/SLOTS;i<params.nodes;i+=SEGMENTS){
if labels[first+i]==slot/QUADS{sum+=rows[(first+i)*QUADS+slot%QUADS];}
}
}
partials[lane]=sum;
workgroupBarrier();
if lane<SLOTS{
for(var s=1u;s<SEGMENTS;s++){sum+=partials[s*SLOTS+lane];}
current[lane]=sum;
}
workgroupBarrier();
}

/**Moves the node with the least fit into an empty cluster.*/
fn fill(first:u32,lane:u32,c:u32){
var place=NONE;
var least=2.0;
for(var i=lane;i<params.nodes;i+=WORKGROUP){
let fit=fits[first+i];
if fit<least&&atomicLoad(&sizes[labels[first+i]])>1{
place=i;
least=fit;
}
}
partials[lane].x=least;
places[lane]=place;
workgroupBarrier();
if lane==0{
for(var l=1u;l<WORKGROUP;l++){
if partials[l].x<least||(partials[l].x==least&&places[l]<place){
least=partials[l].x;
place=places[l];
}
}
flag=place;
}
let node=workgroupUniformLoad(&flag);
if node==NONE{return;}
let old=labels[first+node];
if lane<QUADS{
let row=rows[(first+node)*QUADS+lane];
current[old*QUADS+lane]-=row;
current[c*QUADS+lane]=row;
}
if lane==0{
fits[first+node]=2;
atomicSub(&sizes[old],1);
atomicStore(&sizes[c],1);
}
storageBarrier();
workgroupBarrier();
}
`,
  };

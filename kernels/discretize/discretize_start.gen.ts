import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from discretize_start.wgsl: do not edit.
/** Bindings and uniforms of `discretize_start`. */
export type DiscretizeStartArgs = {
    readonly points: Tensor<"f32">;
    readonly rows: Tensor<"f32">;
    readonly overlaps: Tensor<"f32">;
    readonly rotation: Tensor<"f32">;
    readonly params: { readonly nodes: number; readonly k: number; readonly start: number };
  };

/** See discretize_start.wgsl. */
export const discretizeStartKernel: Kernel<DiscretizeStartArgs> = {
    "name": "discretize_start",
    "bindings": [
      {
        "name": "points",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "rows",
        "access": "read_write",
        "dtype": "f32"
      },
      {
        "name": "overlaps",
        "access": "read_write",
        "dtype": "f32"
      },
      {
        "name": "rotation",
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
        "name": "start",
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

struct Params{nodes:u32,k:u32,start:u32}

@group(0)@binding(0)var<storage,read>points:array<vec4f>;
@group(0)@binding(1)var<storage,read_write>rows:array<vec4f>;
@group(0)@binding(2)var<storage,read_write>overlaps:array<f32>;
@group(0)@binding(3)var<storage,read_write>rotation:array<vec4f>;
@group(0)@binding(4)var<uniform>params:Params;

var<workgroup>partials:array<vec4f,WORKGROUP>;
var<workgroup>scales:array<vec4f,QUADS>;
var<workgroup>last:array<vec4f,QUADS>;
var<workgroup>sums:array<f32,WORKGROUP>;
var<workgroup>places:array<u32,WORKGROUP>;
var<workgroup>chosen:u32;

@compute@workgroup_size(WORKGROUP)
fn discretize_start(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)lane:u32,
){
let first=group.x*params.nodes;
let matrix=group.x*BLOCK*QUADS;
measure_columns(first,lane);
for(var i=lane;i<params.nodes;i+=WORKGROUP){
var square=0.0;
for(var q=0u;q<QUADS;q++){
let entry=scales[q]*points[(first+i)*QUADS+q];
square+=dot(entry,entry);
}
let scale=select(0.0,1/sqrt(square),square>0);
for(var q=0u;q<QUADS;q++){
let at=(first+i)*QUADS+q;
rows[at]=scale*(scales[q]*points[at]);
}
overlaps[first+i]=0;
}
for(var at=lane;at<BLOCK*QUADS;at+=WORKGROUP){rotation[matrix+at]=vec4f();}
if lane==0{chosen=params.start;}
storageBarrier();
for(var c=0u;c<params.k;c++){
let place=workgroupUniformLoad(&chosen);
if lane<QUADS{
last[lane]=rows[(first+place)*QUADS+lane];
rotation[matrix+c*QUADS+lane]=last[lane];
}
workgroupBarrier();
find_least(first,lane);
}
}

/**Lengths of the columns;sums in lane order:the same bits on every run.*/
fn measure_columns(first:u32,lane:u32){
for(var q=0u;q<QUADS;q++){
var squares=vec4f();
for(var i=lane;i<params.nodes;i+=WORKGROUP){
let entry=points[(first+i)*QUADS+q];
squares+=entry*entry;
}
partials[lane]=squares;
workgroupBarrier();
if lane==0{
for(var l=1u;l<WORKGROUP;l++){squares+=partials[l];}
scales[q]=select(vec4f(),1/sqrt(squares),squares>vec4f());
}
workgroupBarrier();
}
}

/**Adds|cosine|to the row that was taken last;\`chosen\`is the node with the least sum.*/
fn find_least(first:u32,lane:u32){
var least=1e38;
var place=params.nodes;
for(var i=lane;i<params.nodes;i+=WORKGROUP){
var cosine=0.0;
// @unroll
for(var q=0u;q<QUADS;q++){cosine+=dot(rows[(first+i)*QUADS+q],last[q]);}
let sum=overlaps[first+i]+abs(cosine);
overlaps[first+i]=sum;
if sum<least{
least=sum;
place=i;
}
}
sums[lane]=least;
places[lane]=place;
workgroupBarrier();
if lane==0{
for(var l=1u;l<WORKGROUP;l++){
if sums[l]<least||(sums[l]==least&&places[l]<place){
least=sums[l];
place=places[l];
}
}
chosen=place;
}
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from k_means_centre.wgsl: do not edit.
/** Bindings and uniforms of `k_means_centre`. */
export type KMeansCentreArgs = {
    readonly points: Tensor<"f32">;
    readonly centred: Tensor<"f32">;
    readonly moments: Tensor<"f32">;
    readonly params: { readonly nodes: number; readonly dims: number; readonly columns: number; readonly quads: number };
  };

/** See k_means_centre.wgsl. */
export const kMeansCentreKernel: Kernel<KMeansCentreArgs> = {
    "name": "k_means_centre",
    "bindings": [
      {
        "name": "points",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "centred",
        "access": "read_write",
        "dtype": "f32"
      },
      {
        "name": "moments",
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
        "name": "dims",
        "type": "u32"
      },
      {
        "name": "columns",
        "type": "u32"
      },
      {
        "name": "quads",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `









override WORKGROUP:u32=64;
const MOMENTS=24u;
const VARIANCE=20u;

struct Params{nodes:u32,dims:u32,columns:u32,quads:u32}

@group(0)@binding(0)var<storage,read>points:array<f32>;
@group(0)@binding(1)var<storage,read_write>centred:array<vec4f>;
@group(0)@binding(2)var<storage,read_write>moments:array<f32>;
@group(0)@binding(3)var<uniform>params:Params;

var<workgroup>partials:array<vec4f,WORKGROUP>;
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


fn deviation(image:u32,i:u32,q:u32)->vec4f{
let first=image*params.nodes*params.dims;
var d=vec4f();
for(var c=0u;c<4;c++){
let j=4*q+c;
if j<params.columns{d[c]=points[first+i*params.dims+j]-points[first+j];}
}
return d;
}

@compute@workgroup_size(WORKGROUP)
fn k_means_centre(@builtin(workgroup_id)group:vec3u,@builtin(local_invocation_id)id:vec3u){
let image=group.x;
let lane=id.x;
let chunk=(params.nodes+WORKGROUP-1)/WORKGROUP;
let begin=min(lane*chunk,params.nodes);
let end=min(begin+chunk,params.nodes);
let nodes=f32(params.nodes);

var variance=0.0;
for(var q=0u;q<params.quads;q++){
var sum=vec4f();
for(var i=begin;i<end;i++){sum+=deviation(image,i,q);}
let mean=sum_over_lanes(lane,sum)/nodes;

var squares=vec4f();
for(var i=begin;i<end;i++){
let d=deviation(image,i,q)-mean;
centred[(image*params.nodes+i)*params.quads+q]=d;
squares+=d*d;
}
variance+=dot(sum_over_lanes(lane,squares)/nodes,vec4f(1));

if lane<4&&4*q+lane<params.columns{
let j=4*q+lane;
moments[image*MOMENTS+j]=points[image*params.nodes*params.dims+j]+mean[lane];
}
}
if lane==0{
for(var j=params.columns;j<MOMENTS;j++){moments[image*MOMENTS+j]=0;}
moments[image*MOMENTS+VARIANCE]=variance/f32(params.columns);
}
}
`,
  };

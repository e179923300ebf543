import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from layer_norm_backward.wgsl: do not edit.
/** Bindings and uniforms of `layer_norm_backward`. */
export type LayerNormBackwardArgs = {
    readonly dOut: Tensor<"f32">;
    readonly x: Tensor<"f32">;
    readonly weight: Tensor<"f32">;
    readonly dx: Tensor<"f32">;
    readonly statistics: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly epsilon: number; readonly across: number };
  };

/** See layer_norm_backward.wgsl. */
export const layerNormBackwardKernel: Kernel<LayerNormBackwardArgs> = {
    "name": "layer_norm_backward",
    "bindings": [
      {
        "name": "dOut",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "x",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "weight",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "dx",
        "access": "read_write",
        "dtype": "f32"
      },
      {
        "name": "statistics",
        "access": "read_write",
        "dtype": "f32"
      }
    ],
    "params": [
      {
        "name": "rows",
        "type": "u32"
      },
      {
        "name": "columns",
        "type": "u32"
      },
      {
        "name": "epsilon",
        "type": "f32"
      },
      {
        "name": "across",
        "type": "u32"
      }
    ],
    "overrides": {
      "ROWS": 2,
      "LANES": 32
    },
    "requires": [],
    "source": `













override ROWS:u32=2;
override LANES:u32=32;

struct Params{rows:u32,columns:u32,epsilon:f32,across:u32}

@group(0)@binding(0)var<storage,read>dOut:array<vec4f>;
@group(0)@binding(1)var<storage,read>x:array<vec4f>;
@group(0)@binding(2)var<storage,read>weight:array<vec4f>;
@group(0)@binding(3)var<storage,read_write>dx:array<vec4f>;
@group(0)@binding(4)var<storage,read_write>statistics:array<vec2f>;
@group(0)@binding(5)var<uniform>params:Params;

var<workgroup>sums:array<vec3f,ROWS*LANES>;


fn together(mine:vec3f,lane:vec2u)->vec3f{
if LANES==1{return mine;}
let at=lane.y*LANES;
workgroupBarrier();
sums[at+lane.x]=mine;
for(var width=LANES/2;width>0;width/=2){
workgroupBarrier();
if lane.x<width{sums[at+lane.x]+=sums[at+lane.x+width];}
}
workgroupBarrier();
return sums[at];
}

@compute@workgroup_size(LANES,ROWS)
fn layer_norm_backward(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_id)lane:vec3u,
){
let i=(group.x+group.y*params.across)*ROWS+lane.y;
let quads=params.columns/4;
let first=min(i,params.rows-1)*quads;
let one=vec4f(1/f32(params.columns));

var sum=vec4f();
for(var j=lane.x;j<quads;j+=LANES){sum+=x[first+j];}
let mean=together(vec3f(dot(sum,one),0,0),lane.xy).x;

var squares=vec4f();
var given=vec4f();
var product=vec4f();
for(var j=lane.x;j<quads;j+=LANES){
let centred=x[first+j]-mean;
let g=dOut[first+j]*weight[j];
squares+=centred*centred;
given+=g;
product+=g*centred;
}
let means=together(vec3f(dot(squares,one),dot(given,one),dot(product,one)),lane.xy);
let scale=inverseSqrt(means.x+params.epsilon);
if i>=params.rows{return;}

let slope=means.z*scale*scale;
for(var j=lane.x;j<quads;j+=LANES){
let g=dOut[first+j]*weight[j];
dx[first+j]=scale*(g-means.y-slope*(x[first+j]-mean));
}
if lane.x==0{statistics[i]=vec2f(mean,scale);}
}
`,
  };

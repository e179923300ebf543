import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from softmax_backward.wgsl: do not edit.
/** Bindings and uniforms of `softmax_backward`. */
export type SoftmaxBackwardArgs = {
    readonly p: Tensor<"f32">;
    readonly d: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly pitch: number; readonly scale: number; readonly across: number };
  };

/** See softmax_backward.wgsl. */
export const softmaxBackwardKernel: Kernel<SoftmaxBackwardArgs> = {
    "name": "softmax_backward",
    "bindings": [
      {
        "name": "p",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "d",
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
        "name": "pitch",
        "type": "u32"
      },
      {
        "name": "scale",
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

struct Params{rows:u32,columns:u32,pitch:u32,scale:f32,across:u32}

@group(0)@binding(0)var<storage,read>p:array<vec4f>;
@group(0)@binding(1)var<storage,read_write>d:array<vec4f>;
@group(0)@binding(2)var<uniform>params:Params;

var<workgroup>sums:array<f32,ROWS*LANES>;


fn quad(at:u32,j:u32)->vec4f{
return select(vec4f(),d[at],4*j+vec4u(0,1,2,3)<vec4u(params.columns));
}

@compute@workgroup_size(LANES,ROWS)
fn softmax_backward(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_id)lane:vec3u,
){
let i=(group.x+group.y*params.across)*ROWS+lane.y;
let quads=params.pitch/4;
let first=min(i,params.rows-1)*quads;
var product=vec4f();
for(var j=lane.x;j<quads;j+=LANES){product+=p[first+j]*quad(first+j,j);}
var sum=dot(product,vec4f(1));
if LANES>1{
let at=lane.y*LANES;
sums[at+lane.x]=sum;
for(var width=LANES/2;width>0;width/=2){
workgroupBarrier();
if lane.x<width{sums[at+lane.x]+=sums[at+lane.x+width];}
}
workgroupBarrier();
sum=sums[at];
}
if i>=params.rows{return;}
for(var j=lane.x;j<quads;j+=LANES){
d[first+j]=params.scale*p[first+j]*(quad(first+j,j)-sum);
}
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from softmax.wgsl: do not edit.
/** Bindings and uniforms of `softmax`. */
export type SoftmaxArgs = {
    readonly x: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly pitch: number; readonly stride: number };
  };

/** See softmax.wgsl. */
export const softmaxKernel: Kernel<SoftmaxArgs> = {
    "name": "softmax",
    "bindings": [
      {
        "name": "x",
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
        "name": "stride",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 32
    },
    "requires": [],
    "source": `








override WORKGROUP:u32=32;
const LOWEST= -3.4028234e38;

struct Params{rows:u32,columns:u32,pitch:u32,stride:u32}

@group(0)@binding(0)var<storage,read_write>x:array<vec4f>;
@group(0)@binding(1)var<uniform>params:Params;


fn masked(value:vec4f,j:u32,filler:f32)->vec4f{
let column=4*j+vec4u(0,1,2,3);
return select(vec4f(filler),value,column<vec4u(params.columns));
}

@compute@workgroup_size(WORKGROUP)
fn softmax(@builtin(global_invocation_id)id:vec3u){
let i=id.x+id.y*params.stride;
if i>=params.rows{return;}
let quads=params.pitch/4;
let whole=params.columns/4;
let first=i*quads;

var top=vec4f(LOWEST);
var sums=vec4f();
for(var j=0u;j<quads;j++){
var value=x[first+j];
if j>=whole{value=masked(value,j,LOWEST);}
let higher=max(top,value);
sums=sums*exp(top-higher)+exp(value-higher);
top=higher;
}
let m=max(max(top.x,top.y),max(top.z,top.w));
let scale=1/dot(sums,exp(top-m));

for(var j=0u;j<quads;j++){
var e=scale*exp(x[first+j]-m);
if j>=whole{e=masked(e,j,0);}
x[first+j]=e;
}
}
`,
  };

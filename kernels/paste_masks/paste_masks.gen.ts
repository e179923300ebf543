import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from paste_masks.wgsl: do not edit.
/** Bindings and uniforms of `paste_masks`. */
export type PasteMasksArgs = {
    readonly logits: Tensor<"f32">;
    readonly down: Tensor<"f32">;
    readonly across: Tensor<"f32">;
    readonly bits: Tensor<"u32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly height: number; readonly width: number; readonly strips: number; readonly threshold: number };
  };

/** See paste_masks.wgsl. */
export const pasteMasksKernel: Kernel<PasteMasksArgs> = {
    "name": "paste_masks",
    "bindings": [
      {
        "name": "logits",
        "access": "read",
        "dtype": "f32",
        "texels": "r32float"
      },
      {
        "name": "down",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "across",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "bits",
        "access": "read_write",
        "dtype": "u32"
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
        "name": "height",
        "type": "u32"
      },
      {
        "name": "width",
        "type": "u32"
      },
      {
        "name": "strips",
        "type": "u32"
      },
      {
        "name": "threshold",
        "type": "f32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `












override WORKGROUP:u32=64;

struct Params{
rows:u32,
columns:u32,
height:u32,
width:u32,
strips:u32,
threshold:f32,
}


@group(0)@binding(0)var<storage,read>logits:array<f32>;

@group(0)@binding(1)var<storage,read>down:array<vec4f>;

@group(0)@binding(2)var<storage,read>across:array<vec4f>;
@group(0)@binding(3)var<storage,read_write>bits:array<u32>;
@group(0)@binding(4)var<uniform>params:Params;


fn sigmoid(t:f32)->f32{
let e=exp(-abs(t));
return select(e,1,t>=0)/(1+e);
}


fn value(m:u32,r:u32,taps:vec4f)->f32{
let row=(m*params.rows+min(r,params.rows-1))*params.columns;
let c=u32(taps.w);
let last=params.columns-1;
return taps.x*sigmoid(logits[row+c])+
taps.y*sigmoid(logits[row+min(c+1,last)])+
taps.z*sigmoid(logits[row+min(c+2,last)]);
}

@compute@workgroup_size(WORKGROUP)
fn paste_masks(@builtin(global_invocation_id)id:vec3u,@builtin(workgroup_id)group:vec3u){
let x=id.x;
let s=group.y;
let m=group.z;
if x>=params.width{return;}
let place=across[x];
let first=32*s;
let count=min(32,params.height-first);
let top=u32(down[first].w);
let bottom=u32(down[first+count-1].w)+2;

var low=1f;
var high=0f;
for(var r=top;r<=bottom;r++){
let v=value(m,r,place);
low=min(low,v);
high=max(high,v);
}
var word=select(0,0xffffffffu>>(32-count),low>params.threshold);
if low<=params.threshold&&high>params.threshold{
var values=vec3f();
var next=top;
for(var bit=0u;bit<count;bit++){
let taps=down[first+bit];
let r=u32(taps.w);
next=max(next,r);
while next<r+3{
values=vec3f(values.yz,value(m,next,place));
next++;
}
if dot(taps.xyz,values)>params.threshold{word|=1u<<bit;}
}
}
bits[(m*params.strips+s)*params.width+x]=word;
}
`,
  };

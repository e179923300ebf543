import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from normalise_pictures.wgsl: do not edit.
/** Bindings and uniforms of `normalise_pictures`. */
export type NormalisePicturesArgs = {
    readonly rgb: Tensor<"u32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly count: number; readonly row: number; readonly words: number; readonly height: number; readonly width: number; readonly factor: number; readonly meanR: number; readonly meanG: number; readonly meanB: number; readonly stdR: number; readonly stdG: number; readonly stdB: number };
  };

/** See normalise_pictures.wgsl. */
export const normalisePicturesKernel: Kernel<NormalisePicturesArgs> = {
    "name": "normalise_pictures",
    "bindings": [
      {
        "name": "rgb",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "out",
        "access": "read_write",
        "dtype": "f32"
      }
    ],
    "params": [
      {
        "name": "count",
        "type": "u32"
      },
      {
        "name": "row",
        "type": "u32"
      },
      {
        "name": "words",
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
        "name": "factor",
        "type": "u32"
      },
      {
        "name": "meanR",
        "type": "f32"
      },
      {
        "name": "meanG",
        "type": "f32"
      },
      {
        "name": "meanB",
        "type": "f32"
      },
      {
        "name": "stdR",
        "type": "f32"
      },
      {
        "name": "stdG",
        "type": "f32"
      },
      {
        "name": "stdB",
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
count:u32,row:u32,words:u32,height:u32,width:u32,factor:u32,
meanR:f32,meanG:f32,meanB:f32,stdR:f32,stdG:f32,stdB:f32,
}

@group(0)@binding(0)var<storage,read>rgb:array<u32>;
@group(0)@binding(1)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(2)var<uniform>params:Params;

struct Place{low:u32,high:u32,weight:f32}


fn place(i:u32,size:u32)->Place{
let steps=2*params.factor;
let scaled=max(2*i+1,params.factor)-params.factor;
let low=scaled/steps;
return Place(low,min(low+1,size-1),f32(scaled%steps)/f32(steps));
}

fn level(image:u32,y:u32,x:u32)->vec3f{
let at=(y*params.width+x)*3;
let bytes=vec3u(at,at+1,at+2);
let first=image*params.words;
let words=vec3u(rgb[first+bytes.x/4],rgb[first+bytes.y/4],rgb[first+bytes.z/4]);
return vec3f((words>>(8*(bytes%4)))&vec3u(255));
}

@compute@workgroup_size(WORKGROUP)
fn normalise_pictures(@builtin(global_invocation_id)id:vec3u){
let index=id.x+id.y*params.row;
if index>=params.count{return;}
let row=index/(params.width*params.factor);
let image=row/(params.height*params.factor);
let y=place(row%(params.height*params.factor),params.height);
let x=place(index%(params.width*params.factor),params.width);
let upper=mix(level(image,y.low,x.low),level(image,y.low,x.high),x.weight);
let lower=mix(level(image,y.high,x.low),level(image,y.high,x.high),x.weight);
let mean=vec3f(params.meanR,params.meanG,params.meanB);
let deviation=vec3f(params.stdR,params.stdG,params.stdB);
out[index]=vec4f((mix(upper,lower,y.weight)/255-mean)/deviation,0);
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from patchify.wgsl: do not edit.
/** Bindings and uniforms of `patchify`. */
export type PatchifyArgs = {
    readonly rgb: Tensor<"u32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly images: number; readonly words: number; readonly width: number; readonly rows: number; readonly columns: number; readonly side: number; readonly stride: number; readonly meanR: number; readonly meanG: number; readonly meanB: number; readonly stdR: number; readonly stdG: number; readonly stdB: number };
  };

/** See patchify.wgsl. */
export const patchifyKernel: Kernel<PatchifyArgs> = {
    "name": "patchify",
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
        "name": "images",
        "type": "u32"
      },
      {
        "name": "words",
        "type": "u32"
      },
      {
        "name": "width",
        "type": "u32"
      },
      {
        "name": "rows",
        "type": "u32"
      },
      {
        "name": "columns",
        "type": "u32"
      },
      {
        "name": "side",
        "type": "u32"
      },
      {
        "name": "stride",
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
images:u32,words:u32,width:u32,rows:u32,columns:u32,side:u32,stride:u32,
meanR:f32,meanG:f32,meanB:f32,stdR:f32,stdG:f32,stdB:f32,
}

@group(0)@binding(0)var<storage,read>rgb:array<u32>;
@group(0)@binding(1)var<storage,read_write>out:array<f32>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn patchify(@builtin(global_invocation_id)id:vec3u){
let index=id.x+id.y*params.stride;
let area=params.side*params.side;
let patches=params.rows*params.columns;
if index>=params.images*patches*3*area{return;}

let within=index%(3*area);
let cell=(index/(3*area))%patches;
let image=index/(3*area*patches);
let channel=within/area;
let y=(cell/params.columns)*params.side+(within%area)/params.side;
let x=(cell%params.columns)*params.side+within%params.side;

let at=(y*params.width+x)*3+channel;
let word=rgb[image*params.words+at/4];
let level=f32((word>>(8*(at%4)))&255)/255;
let mean=vec3f(params.meanR,params.meanG,params.meanB)[channel];
let deviation=vec3f(params.stdR,params.stdG,params.stdB)[channel];
out[index]=(level-mean)/deviation;
}
`,
  };

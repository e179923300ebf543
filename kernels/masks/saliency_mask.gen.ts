import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from saliency_mask.wgsl: do not edit.
/** Bindings and uniforms of `saliency_mask`. */
export type SaliencyMaskArgs = {
    readonly labels: Tensor<"u32">;
    readonly bits: Tensor<"u32">;
    readonly stats: Tensor<"u32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly words: number };
  };

/** See saliency_mask.wgsl. */
export const saliencyMaskKernel: Kernel<SaliencyMaskArgs> = {
    "name": "saliency_mask",
    "bindings": [
      {
        "name": "labels",
        "access": "read",
        "dtype": "u32"
      },
      {
        "name": "bits",
        "access": "read_write",
        "dtype": "u32"
      },
      {
        "name": "stats",
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
        "name": "words",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `









override WORKGROUP:u32=64;
const NONE=0xffffffffu;
const STATS=5u;

struct Params{rows:u32,columns:u32,words:u32}

@group(0)@binding(0)var<storage,read>labels:array<u32>;
@group(0)@binding(1)var<storage,read_write>bits:array<u32>;
@group(0)@binding(2)var<storage,read_write>stats:array<u32>;
@group(0)@binding(3)var<uniform>params:Params;

var<workgroup>borders:array<atomic<u32>,2>;
var<workgroup>areas:array<atomic<u32>,2>;
var<workgroup>chosen:u32;

@compute@workgroup_size(WORKGROUP)
fn saliency_mask(@builtin(workgroup_id)group:vec3u,@builtin(local_invocation_id)id:vec3u){
let image=group.x;
let lane=id.x;
let cells=params.rows*params.columns;
let first=image*cells;
for(var cell=lane;cell<cells;cell+=WORKGROUP){
let label=min(labels[first+cell],1);
let row=cell/params.columns;
let column=cell%params.columns;
atomicAdd(&areas[label],1);
if row==0||column==0||row==params.rows-1||column==params.columns-1{
atomicAdd(&borders[label],1);
}
}
workgroupBarrier();
if lane==0{
let border=vec2u(atomicLoad(&borders[0]),atomicLoad(&borders[1]));
let area=vec2u(atomicLoad(&areas[0]),atomicLoad(&areas[1]));
let corner=min(labels[first],1);
var foreground=1-corner;
if area[0]!=area[1]{foreground=u32(area[1]<area[0]);}
if border[0]!=border[1]{foreground=u32(border[1]<border[0]);}
if area[0]==0||area[1]==0{foreground=NONE;}
chosen=foreground;
stats[image*STATS]=border[0];
stats[image*STATS+1]=border[1];
stats[image*STATS+2]=area[0];
stats[image*STATS+3]=area[1];
stats[image*STATS+4]=foreground;
}
workgroupBarrier();
for(var w=lane;w<params.words;w+=WORKGROUP){
var word=0u;
for(var cell=32*w;cell<min(32*w+32,cells);cell++){
word|=u32(min(labels[first+cell],1)==chosen)<<(cell%32);
}
bits[image*params.words+w]=word;
}
}
`,
  };

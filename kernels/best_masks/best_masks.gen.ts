import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from best_masks.wgsl: do not edit.
/** Bindings and uniforms of `best_masks`. */
export type BestMasksArgs = {
    readonly bits: Tensor<"u32">;
    readonly counts: Tensor<"u32">;
    readonly means: Tensor<"f32">;
    readonly chances: Tensor<"f32">;
    readonly least: Tensor<"u32">;
    readonly order: Tensor<"u32">;
    readonly best: Tensor<"u32">;
    readonly params: { readonly masks: number; readonly words: number; readonly limit: number; readonly pitch: number };
  };

/** See best_masks.wgsl. */
export const bestMasksKernel: Kernel<BestMasksArgs> = {
    "name": "best_masks",
    "bindings": [
      {
        "name": "bits",
        "access": "read",
        "dtype": "u32",
        "texels": "r32uint"
      },
      {
        "name": "counts",
        "access": "read",
        "dtype": "u32",
        "texels": "r32uint"
      },
      {
        "name": "means",
        "access": "read",
        "dtype": "f32",
        "texels": "r32float"
      },
      {
        "name": "chances",
        "access": "read",
        "dtype": "f32",
        "texels": "r32float"
      },
      {
        "name": "least",
        "access": "read",
        "dtype": "u32",
        "texels": "r32uint"
      },
      {
        "name": "order",
        "access": "read_write",
        "dtype": "u32"
      },
      {
        "name": "best",
        "access": "read_write",
        "dtype": "u32"
      }
    ],
    "params": [
      {
        "name": "masks",
        "type": "u32"
      },
      {
        "name": "words",
        "type": "u32"
      },
      {
        "name": "limit",
        "type": "u32"
      },
      {
        "name": "pitch",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `












override WORKGROUP:u32=64;

struct Params{masks:u32,words:u32,limit:u32,pitch:u32}


@group(0)@binding(0)var<storage,read>bits:array<u32>;

@group(0)@binding(1)var<storage,read>counts:array<u32>;

@group(0)@binding(2)var<storage,read>means:array<f32>;

@group(0)@binding(3)var<storage,read>chances:array<f32>;

@group(0)@binding(4)var<storage,read>least:array<u32>;
@group(0)@binding(5)var<storage,read_write>order:array<u32>;
@group(0)@binding(6)var<storage,read_write>best:array<u32>;
@group(0)@binding(7)var<uniform>params:Params;

var<workgroup>better:array<u32,WORKGROUP>;

fn score(m:u32)->f32{return select(0,chances[m]*means[m],counts[m]>least[m]);}

@compute@workgroup_size(WORKGROUP)
fn best_masks(
@builtin(workgroup_id)group:vec3u,
@builtin(local_invocation_index)lane:u32,
){
let m=group.x;
let own=score(m);
for(var i=lane;i<params.masks;i+=WORKGROUP){
let other=score(i);
better[lane]+=u32(other>own||(other==own&&i<m));
}
for(var width=WORKGROUP/2;width>0;width/=2){
workgroupBarrier();
if lane<width{better[lane]+=better[lane+width];}
}
workgroupBarrier();
let rank=better[0];
if rank>=params.limit{return;}
if lane==0{order[rank]=m;}
for(var w=lane;w<params.words;w+=WORKGROUP){
best[w*params.pitch+rank]=bits[m*params.words+w];
}
}
`,
  };

import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from project_masks.wgsl: do not edit.
/** Bindings and uniforms of `project_masks`. */
export type ProjectMasksArgs = {
    readonly masks: Tensor<"u32">;
    readonly profiles: Tensor<"f32">;
    readonly params: { readonly width: number; readonly height: number; readonly words: number };
  };

/** See project_masks.wgsl. */
export const projectMasksKernel: Kernel<ProjectMasksArgs> = {
    "name": "project_masks",
    "bindings": [
      {
        "name": "masks",
        "access": "read",
        "dtype": "u32",
        "texels": "r32uint"
      },
      {
        "name": "profiles",
        "access": "read_write",
        "dtype": "f32"
      }
    ],
    "params": [
      {
        "name": "width",
        "type": "u32"
      },
      {
        "name": "height",
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

struct Params{width:u32,height:u32,words:u32}


@group(0)@binding(0)var<storage,read>masks:array<u32>;
@group(0)@binding(1)var<storage,read_write>profiles:array<f32>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn project_masks(@builtin(global_invocation_id)id:vec3u){
let side=id.x;
let m=id.y;
let sides=params.width+params.height;
if side>=sides{return;}
let is_column=side<params.width;
let start=select((side-params.width)*params.width,side,is_column);
let step=select(1u,params.width,is_column);
let length=select(params.width,params.height,is_column);
var count=0u;
for(var i=0u;i<length;i++){
let p=start+i*step;
count+=(masks[m*params.words+p/32]>>(p%32))&1;
}
profiles[2*m*sides+side]=f32(min(count,1));
profiles[(2*m+1)*sides+side]=f32(count)/f32(length);
}
`,
  };

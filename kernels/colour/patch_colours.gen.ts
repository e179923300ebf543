import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from patch_colours.wgsl: do not edit.
/** Bindings and uniforms of `patch_colours`. */
export type PatchColoursArgs = {
    readonly rgb: Tensor<"u32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly words: number; readonly rows: number; readonly columns: number; readonly side: number };
  };

/** See patch_colours.wgsl. */
export const patchColoursKernel: Kernel<PatchColoursArgs> = {
    "name": "patch_colours",
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
        "name": "words",
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
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `






override WORKGROUP:u32=64;

struct Params{words:u32,rows:u32,columns:u32,side:u32}

@group(0)@binding(0)var<storage,read>rgb:array<u32>;
@group(0)@binding(1)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn patch_colours(@builtin(global_invocation_id)id:vec3u){
let side=params.side;
let patches=params.rows*params.columns;
if id.x>=patches{return;}
let image=id.y;
let top=(id.x/params.columns)*side;
let left=(id.x%params.columns)*side;
var sum=vec3u();
for(var y=top;y<top+side;y++){
for(var x=left;x<left+side;x++){
let at=(y*params.columns*side+x)*3;
sum+=vec3u(level(image,at),level(image,at+1),level(image,at+2));
}
}
out[image*patches+id.x]=vec4f(vec3f(sum)/f32(255*side*side),0);
}

fn level(image:u32,at:u32)->u32{
return(rgb[image*params.words+at/4]>>(8*(at%4)))&255;
}
`,
  };

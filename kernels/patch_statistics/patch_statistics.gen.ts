import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from patch_statistics.wgsl: do not edit.
/** Bindings and uniforms of `patch_statistics`. */
export type PatchStatisticsArgs = {
    readonly rgb: Tensor<"u32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly words: number; readonly rows: number; readonly columns: number; readonly side: number };
  };

/** See patch_statistics.wgsl. */
export const patchStatisticsKernel: Kernel<PatchStatisticsArgs> = {
    "name": "patch_statistics",
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
fn patch_statistics(@builtin(global_invocation_id)id:vec3u){
let side=params.side;
let patches=params.rows*params.columns;
if id.x>=patches{return;}
let image=id.y;
let width=params.columns*side;
let first=(id.x/params.columns)*side*width+(id.x%params.columns)*side;
let area=side*side;

var sum=vec3u();
for(var i=0u;i<area;i++){sum+=colour(image,first+i/side*width+i%side);}
let mean=vec3f(sum)/f32(area);
var squares=vec3f();
for(var i=0u;i<area;i++){
let off=vec3f(colour(image,first+i/side*width+i%side))-mean;
squares+=off*off;
}
let deviation=sqrt(squares/f32(area))/255;
let at=2*(image*patches+id.x);
out[at]=vec4f(mean/255,deviation.r);
out[at+1]=vec4f(deviation.gb,0,0);
}


fn colour(image:u32,pixel:u32)->vec3u{
return vec3u(level(image,3*pixel),level(image,3*pixel+1),level(image,3*pixel+2));
}

fn level(image:u32,at:u32)->u32{
return(rgb[image*params.words+at/4]>>(8*(at%4)))&255;
}
`,
  };

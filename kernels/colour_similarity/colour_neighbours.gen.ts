import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from colour_neighbours.wgsl: do not edit.
/** Bindings and uniforms of `colour_neighbours`. */
export type ColourNeighboursArgs = {
    readonly lab: Tensor<"f32">;
    readonly bits: Tensor<"u32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly words: number; readonly reach: number };
  };

/** See colour_neighbours.wgsl. */
export const colourNeighboursKernel: Kernel<ColourNeighboursArgs> = {
    "name": "colour_neighbours",
    "bindings": [
      {
        "name": "lab",
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
        "name": "words",
        "type": "u32"
      },
      {
        "name": "reach",
        "type": "f32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `









override WORKGROUP:u32=64;

struct Params{rows:u32,columns:u32,words:u32,reach:f32}


@group(0)@binding(0)var<storage,read>lab:array<vec4f>;
@group(0)@binding(1)var<storage,read_write>bits:array<u32>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn colour_neighbours(@builtin(global_invocation_id)id:vec3u){
if id.x>=params.words{return;}
var word=0u;
for(var lane=0u;lane<4;lane++){
let i=4*id.x+lane;
if i<params.rows*params.columns{word|=neighbours(i)<<(8*lane);}
}
bits[id.x]=word;
}

fn neighbours(i:u32)->u32{
let y=i32(i/params.columns);
let x=i32(i%params.columns);
let own=lab[i].xyz;
var found=0u;
for(var k=0u;k<8;k++){
let place=i32(k+u32(k>3));
let row=y+2*(place/3-1);
let column=x+2*(place%3-1);
if row<0||row>=i32(params.rows)||column<0||column>=i32(params.columns){continue;}
let other=lab[u32(row)*params.columns+u32(column)];
if other.w==1&&distance(own,other.xyz)<=params.reach{found|=1u<<k;}
}
return found;
}
`,
  };

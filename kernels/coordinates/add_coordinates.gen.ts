import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from add_coordinates.wgsl: do not edit.
/** Bindings and uniforms of `add_coordinates`. */
export type AddCoordinatesArgs = {
    readonly features: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly count: number; readonly row: number; readonly rows: number; readonly columns: number; readonly quads: number };
  };

/** See add_coordinates.wgsl. */
export const addCoordinatesKernel: Kernel<AddCoordinatesArgs> = {
    "name": "add_coordinates",
    "bindings": [
      {
        "name": "features",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
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
        "name": "rows",
        "type": "u32"
      },
      {
        "name": "columns",
        "type": "u32"
      },
      {
        "name": "quads",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `








override WORKGROUP:u32=64;

struct Params{count:u32,row:u32,rows:u32,columns:u32,quads:u32}


@group(0)@binding(0)var<storage,read>features:array<vec4f>;
@group(0)@binding(1)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(2)var<uniform>params:Params;


fn place(i:u32,size:u32)->f32{
let steps=max(size,2)-1;
return f32(i32(2*i)-i32(steps))/f32(steps);
}

@compute@workgroup_size(WORKGROUP)
fn add_coordinates(@builtin(global_invocation_id)id:vec3u){
let index=id.x+id.y*params.row;
if index>=params.count{return;}
let pixel=index/(params.quads+1);
let quad=index%(params.quads+1);
if quad<params.quads{
out[index]=features[pixel*params.quads+quad];
return;
}
let x=place(pixel%params.columns,params.columns);
let y=place(pixel/params.columns%params.rows,params.rows);
out[index]=vec4f(x,y,0,0);
}
`,
  };

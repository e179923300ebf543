import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from resize_bilinear.wgsl: do not edit.
/** Bindings and uniforms of `resize_bilinear`. */
export type ResizeBilinearArgs = {
    readonly image: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly rows: number; readonly columns: number; readonly out_rows: number; readonly out_columns: number };
  };

/** See resize_bilinear.wgsl. */
export const resizeBilinearKernel: Kernel<ResizeBilinearArgs> = {
    "name": "resize_bilinear",
    "bindings": [
      {
        "name": "image",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "out",
        "access": "read_write",
        "dtype": "f32"
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
        "name": "out_rows",
        "type": "u32"
      },
      {
        "name": "out_columns",
        "type": "u32"
      }
    ],
    "overrides": {
      "TILE": 8
    },
    "requires": [],
    "source": `









override TILE:u32=8;

struct Params{rows:u32,columns:u32,out_rows:u32,out_columns:u32}

@group(0)@binding(0)var<storage,read>image:array<f32>;
@group(0)@binding(1)var<storage,read_write>out:array<f32>;
@group(0)@binding(2)var<uniform>params:Params;

struct Place{low:u32,high:u32,weight:f32}

fn place(i:u32,size:u32,out_size:u32)->Place{
let scaled=max((2*i+1)*size,out_size)-out_size;
let low=scaled/(2*out_size);
let weight=f32(scaled%(2*out_size))/f32(2*out_size);
return Place(low,min(low+1,size-1),weight);
}

@compute@workgroup_size(TILE,TILE)
fn resize_bilinear(@builtin(global_invocation_id)id:vec3u){
if id.x>=params.out_columns||id.y>=params.out_rows{return;}
let y=place(id.y,params.rows,params.out_rows);
let x=place(id.x,params.columns,params.out_columns);
let top=(id.z*params.rows+y.low)*params.columns;
let bottom=(id.z*params.rows+y.high)*params.columns;
let upper=mix(image[top+x.low],image[top+x.high],x.weight);
let lower=mix(image[bottom+x.low],image[bottom+x.high],x.weight);
out[(id.z*params.out_rows+id.y)*params.out_columns+id.x]=mix(upper,lower,y.weight);
}
`,
  };

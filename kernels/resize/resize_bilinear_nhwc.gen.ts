import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from resize_bilinear_nhwc.wgsl: do not edit.
/** Bindings and uniforms of `resize_bilinear_nhwc`. */
export type ResizeBilinearNhwcArgs = {
    readonly features: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly count: number; readonly row: number; readonly rows: number; readonly columns: number; readonly outRows: number; readonly outColumns: number; readonly quads: number };
  };

/** See resize_bilinear_nhwc.wgsl. */
export const resizeBilinearNhwcKernel: Kernel<ResizeBilinearNhwcArgs> = {
    "name": "resize_bilinear_nhwc",
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
        "name": "outRows",
        "type": "u32"
      },
      {
        "name": "outColumns",
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

struct Params{
count:u32,row:u32,rows:u32,columns:u32,outRows:u32,outColumns:u32,quads:u32,
}


@group(0)@binding(0)var<storage,read>features:array<vec4f>;
@group(0)@binding(1)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(2)var<uniform>params:Params;

struct Place{low:u32,high:u32,weight:f32}

fn place(i:u32,size:u32,outSize:u32)->Place{
let scaled=max((2*i+1)*size,outSize)-outSize;
let low=scaled/(2*outSize);
let weight=f32(scaled%(2*outSize))/f32(2*outSize);
return Place(low,min(low+1,size-1),weight);
}

@compute@workgroup_size(WORKGROUP)
fn resize_bilinear_nhwc(@builtin(global_invocation_id)id:vec3u){
let index=id.x+id.y*params.row;
if index>=params.count{return;}
let q=index%params.quads;
let pixel=index/params.quads;
let line=pixel/params.outColumns;
let y=place(line%params.outRows,params.rows,params.outRows);
let x=place(pixel%params.outColumns,params.columns,params.outColumns);
let image=line/params.outRows*params.rows;
let top=(image+y.low)*params.columns;
let bottom=(image+y.high)*params.columns;
let upper=mix(
features[(top+x.low)*params.quads+q],
features[(top+x.high)*params.quads+q],
x.weight,
);
let lower=mix(
features[(bottom+x.low)*params.quads+q],
features[(bottom+x.high)*params.quads+q],
x.weight,
);
out[index]=mix(upper,lower,y.weight);
}
`,
  };

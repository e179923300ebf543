import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from zoom_maps.wgsl: do not edit.
/** Bindings and uniforms of `zoom_maps`. */
export type ZoomMapsArgs = {
    readonly maps: Tensor<"f32">;
    readonly windows: Tensor<"f32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly count: number; readonly row: number; readonly rows: number; readonly columns: number; readonly quads: number };
  };

/** See zoom_maps.wgsl. */
export const zoomMapsKernel: Kernel<ZoomMapsArgs> = {
    "name": "zoom_maps",
    "bindings": [
      {
        "name": "maps",
        "access": "read",
        "dtype": "f32",
        "texels": "rgba32float"
      },
      {
        "name": "windows",
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


@group(0)@binding(0)var<storage,read>maps:array<vec4f>;

@group(0)@binding(1)var<storage,read>windows:array<vec4f>;
@group(0)@binding(2)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(3)var<uniform>params:Params;

struct Place{low:u32,high:u32,weight:f32}

fn place(i:u32,size:u32,start:f32,share:f32)->Place{
let last=f32(size)-1;
let at=clamp(start*f32(size)+share*(f32(i)+0.5)-0.5,0,last);
let low=u32(at);
return Place(low,min(low+1,size-1),at-f32(low));
}

@compute@workgroup_size(WORKGROUP)
fn zoom_maps(@builtin(global_invocation_id)id:vec3u){
let index=id.x+id.y*params.row;
if index>=params.count{return;}
let q=index%params.quads;
let pixel=index/params.quads;
let line=pixel/params.columns;
let image=line/params.rows;
let window=windows[image];
let y=place(line%params.rows,params.rows,window.x,window.z);
let x=place(pixel%params.columns,params.columns,window.y,window.w);
let top=(image*params.rows+y.low)*params.columns;
let bottom=(image*params.rows+y.high)*params.columns;
let upper=mix(
maps[(top+x.low)*params.quads+q],
maps[(top+x.high)*params.quads+q],
x.weight,
);
let lower=mix(
maps[(bottom+x.low)*params.quads+q],
maps[(bottom+x.high)*params.quads+q],
x.weight,
);
out[index]=mix(upper,lower,y.weight);
}
`,
  };

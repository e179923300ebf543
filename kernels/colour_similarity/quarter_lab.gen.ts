import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from quarter_lab.wgsl: do not edit.
/** Bindings and uniforms of `quarter_lab`. */
export type QuarterLabArgs = {
    readonly rgb: Tensor<"u32">;
    readonly out: Tensor<"f32">;
    readonly params: { readonly height: number; readonly width: number; readonly rows: number; readonly columns: number; readonly validHeight: number; readonly validWidth: number };
  };

/** See quarter_lab.wgsl. */
export const quarterLabKernel: Kernel<QuarterLabArgs> = {
    "name": "quarter_lab",
    "bindings": [
      {
        "name": "rgb",
        "access": "read",
        "dtype": "u32",
        "texels": "r32uint"
      },
      {
        "name": "out",
        "access": "read_write",
        "dtype": "f32"
      }
    ],
    "params": [
      {
        "name": "height",
        "type": "u32"
      },
      {
        "name": "width",
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
        "name": "validHeight",
        "type": "u32"
      },
      {
        "name": "validWidth",
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
height:u32,width:u32,rows:u32,columns:u32,validHeight:u32,validWidth:u32,
}


@group(0)@binding(0)var<storage,read>rgb:array<u32>;
@group(0)@binding(1)var<storage,read_write>out:array<vec4f>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn quarter_lab(@builtin(global_invocation_id)id:vec3u){
if id.x>=params.rows*params.columns{return;}
let top=4*(id.x/params.columns);
let left=4*(id.x%params.columns);
var sum=vec3u();
for(var y=top;y<min(top+4,params.height);y++){
for(var x=left;x<min(left+4,params.width);x++){
let at=3*(y*params.width+x);
sum+=vec3u(level(at),level(at+1),level(at+2));
}
}
let valid=top+2<params.validHeight&&left+2<params.validWidth;
out[id.x]=vec4f(lab(vec3f(sum/16)/255),select(0f,1f,valid));
}

fn level(at:u32)->u32{return(rgb[at/4]>>(8*(at%4)))&255;}

fn lab(srgb:vec3f)->vec3f{
let linear=select(srgb/12.92,pow((srgb+0.055)/1.055,vec3f(2.4)),srgb>vec3f(0.04045));
let xyz=vec3f(
dot(linear,vec3f(0.412453,0.357580,0.180423)/0.95047),
dot(linear,vec3f(0.212671,0.715160,0.072169)),
dot(linear,vec3f(0.019334,0.119193,0.950227)/1.08883),
);
let f=select(7.787*xyz+16f/116,cube_root(xyz),xyz>vec3f(0.008856));
return vec3f(116*f.y-16,500*(f.x-f.y),200*(f.y-f.z));
}



fn cube_root(x:vec3f)->vec3f{
let root=pow(max(x,vec3f(1e-3)),vec3f(1f/3));
return root-(root-x/(root*root))/3;
}
`,
  };

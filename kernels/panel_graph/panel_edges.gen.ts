import type { Kernel, Tensor } from "@fiedler/gpu";

// Written by tools/gen_kernels.ts from panel_edges.wgsl: do not edit.
/** Bindings and uniforms of `panel_edges`. */
export type PanelEdgesArgs = {
    readonly range: Tensor<"f32">;
    readonly panel: Tensor<"f32">;
    readonly params: { readonly nodes: number; readonly columns: number; readonly first: number; readonly kind: number; readonly threshold: number; readonly epsilon: number; readonly drop_diagonal: number };
  };

/** See panel_edges.wgsl. */
export const panelEdgesKernel: Kernel<PanelEdgesArgs> = {
    "name": "panel_edges",
    "bindings": [
      {
        "name": "range",
        "access": "read",
        "dtype": "f32"
      },
      {
        "name": "panel",
        "access": "read_write",
        "dtype": "f32"
      }
    ],
    "params": [
      {
        "name": "nodes",
        "type": "u32"
      },
      {
        "name": "columns",
        "type": "u32"
      },
      {
        "name": "first",
        "type": "u32"
      },
      {
        "name": "kind",
        "type": "u32"
      },
      {
        "name": "threshold",
        "type": "f32"
      },
      {
        "name": "epsilon",
        "type": "f32"
      },
      {
        "name": "drop_diagonal",
        "type": "u32"
      }
    ],
    "overrides": {
      "WORKGROUP": 64
    },
    "requires": [],
    "source": `







override WORKGROUP:u32=64;
const ALL_ALIKE=1e-6;

struct Params{
nodes:u32,columns:u32,first:u32,
kind:u32,threshold:f32,epsilon:f32,drop_diagonal:u32,
}

@group(0)@binding(0)var<storage,read>range:array<vec2f>;
@group(0)@binding(1)var<storage,read_write>panel:array<f32>;
@group(0)@binding(2)var<uniform>params:Params;

@compute@workgroup_size(WORKGROUP)
fn panel_edges(
@builtin(global_invocation_id)id:vec3u,
@builtin(workgroup_id)group:vec3u,
){
let i=group.y;
let j=id.x;
if j>=params.columns{return;}
let at=(group.z*params.nodes+i)*params.columns+j;
let edge=weight(panel[at],group.z);
panel[at]=select(edge,0.0,i==params.first+j&&params.drop_diagonal!=0);
}

fn weight(cosine:f32,image:u32)->f32{
if params.kind==0{return max(cosine,0.0);}
if params.kind==2{return select(params.epsilon,1.0,cosine>params.threshold);}
if params.kind==3{return cosine;}
let low=range[image].x;
let width=range[image].y-low;
if width<ALL_ALIKE{return 1;}
return clamp((cosine-low)/width,0.0,1.0);
}
`,
  };

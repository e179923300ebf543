import type { Gpu, Variants } from "@fiedler/gpu";
import type { MatmulForm, RegisterForm } from "./forms.ts";

/** How the kernel of a form is launched. */
export interface TileLaunch {
  /** Rows of the outputs of a workgroup. */
  readonly tileRows: number;
  /** Columns of the outputs of a workgroup. */
  readonly tileColumns: number;
  /** Tiles of a workgroup below each other: 1 where all of it shares one. */
  readonly tilesDown: number;
  /** What the pipeline is compiled with. */
  readonly overrides: Readonly<Record<string, number>>;
  /** What the source is expanded with. */
  readonly variants: Variants;
}

/**
 * Sizes of a workgroup, and the pipeline, of a product in a form.
 *
 * @param columns of the product.
 * @param step elements of a row per round of the broadcast kernel, where it has variants of that.
 */
export function tileLaunch(gpu: Gpu, form: MatmulForm, columns: number, step?: 1 | 4): TileLaunch {
  const variants = { ROWS: form.rows, COLUMNS: form.columns };
  if (form.kernel === "direct") return { ...directGroup(form, columns), variants };
  if (form.kernel === "shared") {
    const { across, down } = form;
    return {
      tileRows: down * form.rows,
      tileColumns: across * 4 * form.columns,
      tilesDown: 1,
      overrides: {},
      variants: { ...variants, ACROSS: across, DOWN: down },
    };
  }
  const SUBGROUP = gpu.adapter.subgroupSize ?? 0;
  return {
    tileRows: form.rows,
    tileColumns: SUBGROUP * 4 * form.columns,
    tilesDown: 1,
    overrides: { WORKGROUP: SUBGROUP },
    variants: { ...variants, SUBGROUP, ...(step && { STEP: step }) },
  };
}

/**
 * The workgroup of 64 invocations of a direct kernel: no wider than the columns, so that few of them
 * leave none idle.
 */
function directGroup({ rows, columns }: RegisterForm, width: number) {
  let x = 8;
  while (x > 1 && x / 2 * 4 * columns >= width) x /= 2;
  const y = 64 / x;
  return {
    tileRows: y * rows,
    tileColumns: x * 4 * columns,
    tilesDown: y,
    overrides: { WORKGROUP_X: x, WORKGROUP_Y: y },
  };
}

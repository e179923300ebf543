import type { AdapterReport } from "@fiedler/gpu";

const UNITS = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 } as const;

/** What `--memory` may be: `4G`, `800M`, `1.5GiB`, `auto`. */
export const MEMORY_FORM = /^(auto|\d+(\.\d+)?[KMGT](i?B)?)$/;

/** Share of the free main memory that a software adapter may take. */
const SHARE_OF_FREE = 0.5;

/**
 * Bytes of GPU memory that a run may take: what `--memory` says; `auto` is half of the free main
 * memory on a software adapter, and no limit on others, which do not tell how much they have.
 */
export function memoryBudget(
  flag: string,
  { software }: AdapterReport,
  freeBytes = () => Deno.systemMemoryInfo().available,
): number {
  if (flag !== "auto") {
    return parseFloat(flag) * UNITS[/[KMGT]/.exec(flag)![0] as keyof typeof UNITS];
  }
  return software ? SHARE_OF_FREE * freeBytes() : Infinity;
}

/** `96 MiB`, `1.3 GiB`. */
export const memoryText = (bytes: number): string =>
  bytes < 2 ** 30 ? `${Math.ceil(bytes / 2 ** 20)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`;

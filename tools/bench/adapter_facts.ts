import { type AdapterClass, adapterClass, type AdapterReport } from "@fiedler/gpu";

/** What a record says of its adapter. */
export interface AdapterFacts {
  readonly adapter: string;
  readonly adapterClass: AdapterClass;
  readonly software: boolean;
  readonly subgroupSize: number | null;
}

/** Takes it from the report of a device; browsers may hide the name, but say the make. */
export function adapterFacts(report: AdapterReport): AdapterFacts {
  const { description, vendor, architecture, software, subgroupSize } = report;
  const make = `${vendor} ${architecture}`.trim();
  const adapter = description === "unnamed adapter" && make ? make : description;
  return { adapter, adapterClass: adapterClass(report), software, subgroupSize };
}

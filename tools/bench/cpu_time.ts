import process from "node:process";

/** CPU time of this process so far, in ms, with the threads of a software adapter. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

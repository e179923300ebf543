import process from "node:process";

/** CPU time of this process so far, in ms: other work of the machine has little hold on it. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

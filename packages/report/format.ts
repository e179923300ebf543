/** A whole number with thousands separators: `241,690`. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 mask`, `2 masks`; `many` where the plural is not just an s. */
export function plural(value: number, noun: string, many = noun + "s"): string {
  return `${count(value)} ${value === 1 ? noun : many}`;
}

/** A share in percent, whole: `91 %`. What is neither none nor all is never rounded to it. */
export function percent(share: number): string {
  if (share > 0 && share < 0.005) return "< 1 %";
  if (share < 1 && share >= 0.995) return "> 99 %";
  return `${Math.round(100 * share)} %`;
}

/** Milliseconds in the unit that suits: `0.42 ms`, `3.1 s`, `4 min 12 s`, `7 h 03 min`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${significant(ms)} ms`;
  if (ms < 60_000) return `${significant(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${twoDigits(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${count(Math.floor(minutes / 60))} h ${twoDigits(minutes % 60)} min`;
}

/** Bytes in binary units: `512 B`, `93 MiB`. */
export function bytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${unit === 0 ? count(value) : significant(value)} ${units[unit]}`;
}

/** Two to three significant digits without an exponent: `0.042`, `3.1`, `128`. */
export function significant(value: number): string {
  if (value === 0) return "0";
  if (Math.abs(value) >= 100) return count(value);
  return String(Number(value.toPrecision(Math.abs(value) >= 10 ? 3 : 2)));
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

import { type MaskRecord, percent, plural } from "@fiedler/report";

/** "mask 7", as everywhere in Fiedler. */
export const maskName = ({ id }: Pick<MaskRecord, "id">): string => `mask ${id}`;

/** Where a mask came from: "k 4, cluster 2, piece 1". */
export const originWords = ({ k, cluster, component }: MaskRecord): string =>
  `k ${k}, cluster ${cluster}, piece ${component}`;

/** What a thumbnail says of a kept mask. */
export function keptWords({ k, ioa }: MaskRecord): string {
  return ioa === null ? `k ${k}` : `k ${k} · ${percent(ioa)}`;
}

/** What a thumbnail says of a dropped mask: the number that did not suffice. */
export function droppedWords({ dropped }: MaskRecord): string {
  switch (dropped?.rule) {
    case "area":
      return plural(dropped.areaPatches, "patch", "patches");
    case "size":
      return percent(dropped.share);
    case "saliency":
      return percent(dropped.score);
    case "nms":
      return `${percent(dropped.iou)} of ${dropped.rival}`;
    case undefined:
      return "";
  }
}

/** A time as it is said of parts of the work: whole milliseconds, or seconds. */
export function timeWords(ms: number): string {
  if (ms < 0.95) return "< 1 ms";
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** A moment of something that takes minutes: "35 s", "2 min 5 s". */
export function timeLabel(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  const parts = [minutes > 0 ? `${minutes} min` : "", rest > 0 || minutes === 0 ? `${rest} s` : ""];
  return parts.filter((part) => part !== "").join(" ");
}

/** About how long something still takes. */
export function leftWords(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 60) return `about ${seconds} s left`;
  return `about ${Math.ceil(seconds / 60)} min left`;
}

/** A mask in words, for those who hear the page. */
export function spoken(mask: MaskRecord): string {
  return `${maskName(mask)}, ${mask.dropped ? "dropped" : "kept"}, ${originWords(mask)}`;
}

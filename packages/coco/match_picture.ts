import type { MatchedPicture } from "./accumulate.ts";
import type { Row } from "./evaluate_rows.ts";
import type { TruthImage } from "./evaluate_truth.ts";
import { matchDetections } from "./match.ts";
import { AREA_RANGES } from "./metrics.ts";

/**
 * Matches the detections of a picture with its objects, for each range of area.
 *
 * @param places Which of the picture's objects, in the order that decides between equal IoUs.
 * @param rows Detections, best first.
 */
export function matchPicture(
  image: TruthImage,
  places: readonly number[],
  rows: readonly Row[],
): MatchedPicture {
  const objects = places.map((place) => image.objects[place]);
  const column = new Map(places.map((place, g) => [place, g]));
  const ious = new Float64Array(rows.length * places.length);
  rows.forEach(({ overlaps }, d) => {
    for (let i = 0; i < overlaps.length; i += 2) {
      const g = column.get(overlaps[i]);
      if (g !== undefined) ious[d * places.length + g] = overlaps[i + 1];
    }
  });
  const crowd = Uint8Array.from(objects, (object) => Number(object.crowd));
  const contests = AREA_RANGES.map(({ min, max }) => ({
    ious,
    crowd,
    ignored: Uint8Array.from(
      objects,
      ({ crowd, area }) => Number(crowd || area < min || area > max),
    ),
    outside: Uint8Array.from(rows, ({ area }) => Number(area < min || area > max)),
  }));
  return {
    scores: Float64Array.from(rows, ({ score }) => score),
    outcomes: contests.map(matchDetections),
    counting: contests.map(({ ignored }) => ignored.length - ignored.reduce((a, b) => a + b, 0)),
  };
}

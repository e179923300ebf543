import type { Brush, Paint } from "./paint.ts";
import { brickWall } from "./stuff/brick_wall.ts";
import { cloth } from "./stuff/cloth.ts";
import { grass } from "./stuff/grass.ts";
import { leaves } from "./stuff/leaves.ts";
import { rock } from "./stuff/rock.ts";
import { sand } from "./stuff/sand.ts";
import { sky } from "./stuff/sky.ts";
import { wall } from "./stuff/wall.ts";
import { water } from "./stuff/water.ts";
import { wood } from "./stuff/wood.ts";

/** Makes what fills a background, in coordinates of the picture: 0 to 1, y down. */
export type MakeStuff = (brush: Brush) => Paint;

/** The ten kinds of stuff. */
export const STUFF = {
  sky,
  grass,
  water,
  sand,
  rock,
  wall,
  wood,
  brickWall,
  leaves,
  cloth,
} as const;

/** What one may look down on: all but the sky. */
export const GROUNDS: readonly MakeStuff[] = Object.values(STUFF).filter((make) => make !== sky);

/** What may be above a horizon; named twice: twice as likely. */
export const ABOVE: readonly MakeStuff[] = [sky, wall, brickWall, leaves, rock, wall, sky, cloth];

/** What may be below a horizon. */
export const BELOW: readonly MakeStuff[] = [grass, water, sand, wood, rock, cloth, grass];

import type { Backbone } from "@fiedler/models";

/** A backbone as another runtime would compute it: the same features, which come later than asked. */
export const answersLater = (backbone: Backbone): Backbone => ({
  ...backbone,
  features() {
    throw new RangeError("asked for features before they are computed");
  },
  async compute(...args) {
    await new Promise((resolve) => setTimeout(resolve));
    return backbone.features(...args);
  },
});

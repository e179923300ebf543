/** Which mask is looked at: the one under the pointer, or else the one that was pinned. */
export interface Selection {
  /** `id` of the mask that is looked at. */
  readonly active: number | null;
  /** `id` of the pinned one. */
  readonly pinned: number | null;
  /** Looks at a mask while the pointer is on it. */
  hover(id: number | null): void;
  /** Looks at a mask until another is pinned, or none. */
  pin(id: number | null): void;
  /** Pins it, or lets it go when it is pinned. */
  toggle(id: number): void;
}

/** A selection that tells when it changes. */
export function makeSelection(onChange: (selection: Selection) => void): Selection {
  let [hovered, pinned]: (number | null)[] = [null, null];
  const change = (next: { hovered?: number | null; pinned?: number | null }) => {
    const before = [hovered, pinned];
    if (next.hovered !== undefined) hovered = next.hovered;
    if (next.pinned !== undefined) pinned = next.pinned;
    if (hovered !== before[0] || pinned !== before[1]) onChange(selection);
  };
  const selection: Selection = {
    get active() {
      return hovered ?? pinned;
    },
    get pinned() {
      return pinned;
    },
    hover: (id) => change({ hovered: id }),
    pin: (id) => change({ pinned: id }),
    toggle: (id) => change(pinned === id ? { pinned: null, hovered: null } : { pinned: id }),
  };
  return selection;
}

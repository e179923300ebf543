import manifest from "../../package.json" with { type: "json" };

/** Version of Fiedler. */
export const VERSION: string = manifest.version;

/**
 * What may load what. Workers and the JPEG decoder's WebAssembly are the site's own; a string is
 * never taken for a script's address, but by `packages/demo/trusted_url.ts`.
 */
const POLICY: readonly string[] = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "connect-src 'self'",
  "img-src 'self' blob:",
  "style-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types fiedler",
];

/** The policy as a page can say it of itself, on a host that sends no headers. */
export const META_POLICY = POLICY.join("; ");

/** What a page never asks for; a host may only take these away. */
const UNUSED = [
  "accelerometer",
  "autoplay",
  "display-capture",
  "encrypted-media",
  "geolocation",
  "gyroscope",
  "hid",
  "idle-detection",
  "magnetometer",
  "microphone",
  "midi",
  "payment",
  "picture-in-picture",
  "publickey-credentials-get",
  "screen-wake-lock",
  "serial",
  "usb",
  "xr-spatial-tracking",
];

/** Sent with every answer. The first two let workers share memory; none lets anything out. */
export const HEADERS: Readonly<Record<string, string>> = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Permissions-Policy": ["camera=(self)", ...UNUSED.map((name) => `${name}=()`)].join(", "),
  // A page cannot say of itself who may frame it.
  "Content-Security-Policy": `${META_POLICY}; frame-ancestors 'none'`,
  "Cache-Control": "no-cache",
};

/** {@linkcode HEADERS} in the form that Netlify and Cloudflare read: the file `_headers`. */
export const headersFile = (): string =>
  ["/*", ...Object.entries(HEADERS).map(([name, value]) => `  ${name}: ${value}`), ""].join("\n");

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  webmanifest: "application/manifest+json",
  txt: "text/plain; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
  jpg: "image/jpeg",
  wasm: "application/wasm",
};

/** The media type of a file, by its ending. */
export const mediaType = (path: string): string =>
  TYPES[path.slice(path.lastIndexOf(".") + 1)] ?? "application/octet-stream";

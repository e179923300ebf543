/** As far as it is used here; not all hosts of this module have or declare Trusted Types. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): unknown };
}

const host = globalThis as unknown as {
  readonly trustedTypes?: TrustedTypes;
  readonly location?: { readonly origin: string };
};

/** Named in the site's policy (`trusted-types fiedler`), which allows it to be made once a page. */
let policy: ReturnType<TrustedTypes["createPolicy"]> | undefined;

/**
 * A script's address as the site's policy (`require-trusted-types-for 'script'`) wants it wherever a
 * script is started: `new Worker(trustedUrl(url), { type: "module" })`. The address itself where
 * there are no Trusted Types.
 *
 * @throws {TypeError} for another origin's script.
 */
export function trustedUrl(url: URL): URL {
  policy ??= host.trustedTypes?.createPolicy("fiedler", { createScriptURL: ownScript });
  const address = ownScript(url.href);
  // Declarations want a string or a URL; what Trusted Types make is neither, and taken for both.
  return policy ? policy.createScriptURL(address) as URL : url;
}

function ownScript(url: string): string {
  const { origin } = new URL(url);
  const own = host.location?.origin;
  if (own === undefined || origin === own) return url;
  throw new TypeError(`script: must be of ${own}, got ${url}; serve it beside the page`);
}

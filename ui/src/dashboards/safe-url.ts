/** An address that a link may have, or null. */
export function safeUrl(url: string): string | null {
  const trimmed = url.trim();
  // Browsers ignore control characters in a scheme.
  if ([...trimmed].some((c) => c.charCodeAt(0) < 33)) return null;
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(trimmed)?.[1]?.toLowerCase();
  return scheme === undefined || scheme === 'http' || scheme === 'https' || scheme === 'mailto'
    ? trimmed
    : null;
}

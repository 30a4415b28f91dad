/**
 * Where the application lives. The server writes its route prefix into `<base href>`; everything
 * (routes, API calls) is addressed relative to it.
 */
const base = new URL(document.baseURI);

/** Route prefix without its trailing slash: '' at the root, '/metrics-ui' under a prefix. */
export const basePath = base.pathname.replace(/\/[^/]*$/, '');

export function apiUrl(path: string): string {
  return `${basePath}/${path.replace(/^\//, '')}`;
}

import { apiUrl } from '../app/base';

/** Longer queries go as a POST form: proxies cut long addresses. */
const MAX_GET_LENGTH = 2000;

export type Params = Record<string, string | number | undefined | (string | number)[]>;

export interface Answer<T> {
  data: T;
  warnings: string[];
  infos: string[];
}

/** An error that the server told us about, or the reason why it could not be asked. */
export class ApiError extends Error {
  readonly kind: string;
  readonly status: number;

  constructor(kind: string, message: string, status: number) {
    super(message);
    this.kind = kind;
    this.status = status;
  }

  /** The server is there but still replaying its log, or shutting down. */
  get notReady(): boolean {
    return this.status === 503 && this.kind !== 'timeout';
  }

  /** The server does not know this address: another product, or an older version. */
  get missing(): boolean {
    return this.status === 404 || this.status === 405 || this.status === 501;
  }

  /** Nothing answered at all. */
  get unreachable(): boolean {
    return this.status === 0;
  }
}

export function encodeParams(params: Params): URLSearchParams {
  const out = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) out.append(name, String(one));
  }
  return out;
}

/** Calls an endpoint below /api/v1 and opens its envelope. Throws ApiError. */
export function call<T>(path: string, params: Params = {}, signal?: AbortSignal): Promise<Answer<T>> {
  const query = encodeParams(params).toString();
  return query.length > MAX_GET_LENGTH
    ? request(path, '', { method: 'POST', body: new URLSearchParams(query), signal })
    : request(path, query, { signal });
}

/** Asks for a change; the answer may be empty. Throws ApiError. */
export function post<T>(path: string, params: Params = {}): Promise<Answer<T>> {
  return request(path, '', { method: 'POST', body: encodeParams(params) });
}

/** The same with a JSON body, for APIs that take objects. Throws ApiError. */
export function postJson<T>(path: string, body: unknown): Promise<Answer<T>> {
  const headers = { 'content-type': 'application/json' };
  return request(path, '', { method: 'POST', body: JSON.stringify(body), headers });
}

/** The same with JSON as it is written. Throws ApiError. */
export function postText<T>(path: string, body: string): Promise<Answer<T>> {
  const headers = { 'content-type': 'application/json' };
  return request(path, '', { method: 'POST', body, headers });
}

/** Replaces what the path names by a JSON body. Throws ApiError. */
export function putJson<T>(path: string, body: unknown): Promise<Answer<T>> {
  const headers = { 'content-type': 'application/json' };
  return request(path, '', { method: 'PUT', body: JSON.stringify(body), headers });
}

/** Asks to remove what the path names; a body is JSON. Throws ApiError. */
export function remove<T>(path: string, body?: unknown): Promise<Answer<T>> {
  if (body === undefined) return request(path, '', { method: 'DELETE' });
  const headers = { 'content-type': 'application/json' };
  return request(path, '', { method: 'DELETE', body: JSON.stringify(body), headers });
}

const TOKEN = 'tethys.token';

/** Keeps a bearer token for the requests of this tab; an empty one is forgotten. */
export function setToken(token: string): void {
  if (token) sessionStorage.setItem(TOKEN, token);
  else sessionStorage.removeItem(TOKEN);
}

function authorized(init: RequestInit): RequestInit {
  const token = typeof sessionStorage === 'undefined' ? null : sessionStorage.getItem(TOKEN);
  return token ? { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } } : init;
}

async function request<T>(path: string, query: string, init: RequestInit): Promise<Answer<T>> {
  const url = apiUrl(`api/v1/${path}`);
  let response: Response;
  try {
    response = await fetch(query ? `${url}?${query}` : url, authorized(init));
  } catch (e) {
    if (e instanceof DOMException && e.name === 'AbortError') throw e;
    throw new ApiError(
      'unreachable',
      'The server did not respond. Is it running, and can this browser reach it?',
      0,
    );
  }
  if (response.status === 204) return { data: undefined as T, warnings: [], infos: [] };
  const text = await response.text();
  let body: {
    status?: string;
    data?: T;
    errorType?: string;
    error?: string;
    warnings?: string[];
    infos?: string[];
  };
  try {
    body = JSON.parse(text);
  } catch {
    throw new ApiError(
      'bad_response',
      response.ok
        ? `The response of ${path} is not JSON.`
        : `${response.status} ${response.statusText || 'error'}${text ? `: ${text.slice(0, 300).trim()}` : ''}`,
      response.status,
    );
  }
  if (body.status !== 'success' || body.data === undefined) {
    throw new ApiError(
      body.errorType ?? 'error',
      body.error ?? `Request failed (${response.status})`,
      response.status,
    );
  }
  return { data: body.data, warnings: body.warnings ?? [], infos: body.infos ?? [] };
}

/** A server whose stores refuse data answers queries; it names them after this line. */
const REFUSES_DATA = / is not Ready\.\n/;

export async function isReady(signal?: AbortSignal): Promise<'ready' | 'starting' | 'unreachable'> {
  try {
    const response = await fetch(apiUrl('-/ready'), { signal, cache: 'no-store' });
    if (response.ok) return 'ready';
    if (response.status === 503 && REFUSES_DATA.test(await response.text())) return 'ready';
    return response.status === 503 ? 'starting' : response.status >= 502 ? 'unreachable' : 'ready';
  } catch {
    return 'unreachable';
  }
}

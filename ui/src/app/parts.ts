/** What the server that sent this document can do: the element `meta[name=tethys]` says it. */

export type Part = 'prometheus' | 'pipelines' | 'alertmanager' | 'pushgateway' | 'logs' | 'fleet';

export type Role =
  | 'server'
  | 'agent'
  | 'collector'
  | 'ingester'
  | 'gateway'
  | 'alertmanager'
  | 'pushgateway'
  | 'logs'
  | 'control';

export interface Offer {
  role: Role | string;
  version: string;
  /** Below which path, relative to the base, the API of each part is: '' or 'alertmanager/'. */
  parts: Partial<Record<Part, string>>;
}

/** In front of anything that says nothing, a Prometheus server is assumed. */
const PLAIN: Offer = { role: 'server', version: '', parts: { prometheus: '' } };

export function readOffer(text: string): Offer {
  if (text === '') return PLAIN;
  try {
    const read = JSON.parse(text) as Partial<Offer>;
    return {
      role: read.role ?? PLAIN.role,
      version: read.version ?? '',
      parts: read.parts ?? PLAIN.parts,
    };
  } catch {
    return PLAIN;
  }
}

export const offer: Offer = readOffer(
  typeof document === 'undefined'
    ? ''
    : (document.querySelector<HTMLMetaElement>('meta[name=tethys]')?.content ?? ''),
);

export const has = (part: Part): boolean => offer.parts[part] !== undefined;

export const isAgent = offer.role === 'agent';

/** The page that opens at the root. */
export const startPage: string = has('prometheus')
  ? isAgent
    ? '/targets'
    : '/overview'
  : has('alertmanager')
    ? '/alertmanager/alerts'
    : has('pushgateway')
      ? '/pushgateway'
      : has('logs')
        ? '/targets'
        : has('fleet')
          ? '/fleet'
          : '/pipelines';

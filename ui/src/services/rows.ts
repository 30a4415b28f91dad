/** Rows of the list of services: figures of requests joined with entities, health, objectives and changes. */
import type { Change } from '../insight/changes';
import type { Entity, EntityHealth, Objective, Status } from '../insight/types';
import { attributeOf, namedEntity, type WorldIndex } from '../insight/world';
import { healthOf, type Service } from './model';

/** `no requests`: it takes none, and no inspection checked it. */
export type RowStatus = Status | 'no requests';

export interface ServiceRow extends Service {
  entity: Entity | null;
  status: RowStatus;
  /** Of its objectives the one in the worst state. */
  objective: Objective | null;
  namespace: string;
  category: string;
  team: string;
  changed: Change | null;
}

export interface Joined {
  index?: WorldIndex;
  health?: Map<string, EntityHealth>;
  objectives?: Objective[];
  changes: Map<string, Change>;
}

const STATES: Objective['state'][] = ['exhausted', 'burning', 'no data', 'ok'];
const STATUSES: RowStatus[] = ['critical', 'warning', 'ok', 'unknown', 'no requests'];
const OF_ERRORS = { failing: 'critical', warning: 'warning', ok: 'ok' } as const;

export const OWNER = ['owner', 'team'];
export const CATEGORY = ['category'];
export const NAMESPACE = ['namespace', 'service_namespace'];

/** The worse of what inspections found and of the share of failed requests. */
function statusOf(service: Service, health: EntityHealth | undefined): RowStatus {
  const requests: RowStatus = service.entry ? OF_ERRORS[healthOf(service.errors)] : 'no requests';
  const found: RowStatus = health?.status ?? 'unknown';
  if (found === 'unknown') return requests;
  if (!service.entry) return found;
  return STATUSES.indexOf(found) < STATUSES.indexOf(requests) ? found : requests;
}

const worst = (objectives: Objective[]): Objective | null =>
  [...objectives].sort((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state))[0] ?? null;

/** A service that takes and sends no requests that are seen. */
const silent = (entity: Entity): Service => ({
  name: entity.name,
  rate: 0,
  errors: 0,
  p50: null,
  p95: null,
  p99: null,
  entry: false,
  operations: [],
});

/** One row for each service with figures, and for each service of the world without. */
export function serviceRows(services: Service[], joined: Joined): ServiceRow[] {
  const { index, health, objectives, changes } = joined;
  const row = (service: Service, entity: Entity | null): ServiceRow => ({
    ...service,
    entity,
    status: statusOf(service, entity ? health?.get(entity.id) : undefined),
    objective: worst((objectives ?? []).filter((one) => entity !== null && one.entity?.id === entity.id)),
    namespace: entity && index ? attributeOf(index, entity, ...NAMESPACE) : '',
    category: entity && index ? attributeOf(index, entity, ...CATEGORY) : '',
    team: entity && index ? attributeOf(index, entity, ...OWNER) : '',
    changed: (entity && changes.get(entity.id)) ?? null,
  });
  const rows = services.map((service) => row(service, index ? namedEntity(index, service.name) : null));
  const known = new Set(rows.flatMap(({ entity }) => entity?.id ?? []));
  const names = new Set(services.map(({ name }) => name));
  for (const entity of index?.world.entities ?? [])
    if (entity.kind === 'service' && !known.has(entity.id) && !names.has(entity.name))
      rows.push(row(silent(entity), entity));
  return rows;
}

export type RowSort =
  | 'name'
  | 'status'
  | 'objective'
  | 'rate'
  | 'errors'
  | 'p50'
  | 'p95'
  | 'p99'
  | 'team'
  | 'changed';

/** Texts ascend; of figures and times the highest comes first; what is not known comes last. */
export function sortedRows(rows: ServiceRow[], key: RowSort): ServiceRow[] {
  const figure = (row: ServiceRow): number => {
    switch (key) {
      case 'status':
        return -STATUSES.indexOf(row.status);
      case 'objective':
        return row.objective ? -STATES.indexOf(row.objective.state) : Number.NEGATIVE_INFINITY;
      case 'changed':
        return row.changed?.time ?? Number.NEGATIVE_INFINITY;
      case 'name':
      case 'team':
        return 0;
      default:
        return row.entry ? (row[key] ?? -1) : -2;
    }
  };
  const text = (row: ServiceRow) => (key === 'team' ? row.team || '\uffff' : '');
  return [...rows].sort((a, b) => {
    const [of, other] = [figure(a), figure(b)];
    return (
      (of === other ? 0 : other - of) ||
      text(a).localeCompare(text(b)) ||
      (key === 'status' ? b.rate - a.rate : 0) ||
      a.name.localeCompare(b.name)
    );
  });
}

export interface RowFilter {
  text: string;
  namespace: string;
  category: string;
  team: string;
}

export function filteredRows(rows: ServiceRow[], filter: RowFilter): ServiceRow[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(
    (row) =>
      (['namespace', 'category', 'team'] as const).every(
        (name) => filter[name] === '' || row[name] === filter[name],
      ) && words.every((word) => `${row.name} ${row.namespace} ${row.team}`.toLowerCase().includes(word)),
  );
}

/** Values of an attribute in order; without those that no row has. */
export const valuesOf = (rows: ServiceRow[], name: 'namespace' | 'category' | 'team'): string[] =>
  [...new Set(rows.map((row) => row[name]).filter(Boolean))].sort();

/** Rows of the list of entities. */
import type { Entity, EntityHealth, Status } from '../insight/types';
import { attributeOf, hostsOf, ownersOf, type WorldIndex } from '../insight/world';

export interface EntityRow {
  entity: Entity;
  status: Status;
  namespace: string;
  /** Entities it is a part of or runs on. */
  places: Entity[];
  /** Attributes for people: system, image, version. */
  detail: string;
}

/** Services have their own list. */
const ELSEWHERE = new Set(['service', 'namespace']);

const DETAILS = ['system', 'type', 'image', 'instance_type'];
/** Attributes whose values say nothing without their name. */
const NAMED = ['version', 'kernel'];

const RANKS: Record<Status, number> = { critical: 0, warning: 1, ok: 2, unknown: 3 };

/** What fails comes first, then kinds and names in order. */
export function entityRows(index: WorldIndex, health: Map<string, EntityHealth> | undefined): EntityRow[] {
  return index.world.entities
    .filter(({ kind }) => !ELSEWHERE.has(kind))
    .map((entity): EntityRow => {
      const places = [
        ...ownersOf(index, entity.id).filter(({ kind }) => kind === 'service' || kind === 'workload'),
        ...hostsOf(index, entity.id).filter(({ kind }) => kind === 'node'),
      ];
      return {
        entity,
        status: health?.get(entity.id)?.status ?? 'unknown',
        namespace: attributeOf(index, entity, 'namespace'),
        places,
        detail: [
          ...DETAILS.map((name) => entity.attributes[name]),
          ...NAMED.map((name) => entity.attributes[name] && `${name} ${entity.attributes[name]}`),
        ]
          .filter(Boolean)
          .join(' · '),
      };
    })
    .sort(
      (a, b) =>
        RANKS[a.status] - RANKS[b.status] ||
        a.entity.kind.localeCompare(b.entity.kind) ||
        a.entity.name.localeCompare(b.entity.name),
    );
}

/** Kinds in order with the number of their rows. */
export function kindCounts(rows: EntityRow[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const { entity } of rows) counts.set(entity.kind, (counts.get(entity.kind) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => a.localeCompare(b));
}

export function filteredRows(rows: EntityRow[], kind: string, text: string): EntityRow[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(({ entity, namespace, detail, places }) => {
    if (kind !== '' && entity.kind !== kind) return false;
    const all = [entity.name, entity.id, namespace, detail, ...places.map(({ name }) => name)]
      .join(' ')
      .toLowerCase();
    return words.every((word) => all.includes(word));
  });
}

/** Entities by id, by labels of their series and by relation. */
import type { LabelSet } from '../api/types';
import type { Entity, Problem, Relation, World } from './types';

/** Levels of parts and owners that are followed: cluster, workload, service, instance, container. */
const DEPTH = 5;

export interface WorldIndex {
  world: World;
  byId: Map<string, Entity>;
  outgoing: Map<string, Relation[]>;
  incoming: Map<string, Relation[]>;
  /** Entities of label sets, by the names of the labels and then by their values. */
  bySeries: { names: string[]; entities: Map<string, Entity[]> }[];
}

const push = <K, V>(map: Map<K, V[]>, key: K, value: V) => {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
};

const valuesOf = (names: string[], labels: LabelSet) => names.map((name) => labels[name] ?? '').join('\0');

export function indexOf(world: World): WorldIndex {
  const outgoing = new Map<string, Relation[]>();
  const incoming = new Map<string, Relation[]>();
  for (const relation of world.relations) {
    push(outgoing, relation.from, relation);
    push(incoming, relation.to, relation);
  }
  const bySeries = new Map<string, { names: string[]; entities: Map<string, Entity[]> }>();
  for (const entity of world.entities)
    for (const labels of entity.series) {
      const names = Object.keys(labels).sort();
      const key = names.join('\0');
      const found = bySeries.get(key) ?? { names, entities: new Map<string, Entity[]>() };
      bySeries.set(key, found);
      push(found.entities, valuesOf(names, labels), entity);
    }
  return {
    world,
    byId: new Map(world.entities.map((entity) => [entity.id, entity])),
    outgoing,
    incoming,
    // The most specific labels first.
    bySeries: [...bySeries.values()].sort((a, b) => b.names.length - a.names.length),
  };
}

/** Entities whose series have these labels, the most specific first. */
export function entitiesAt(index: WorldIndex, labels: LabelSet): Entity[] {
  const out: Entity[] = [];
  for (const { names, entities } of index.bySeries)
    if (names.length > 0 && names.every((name) => labels[name] !== undefined))
      for (const entity of entities.get(valuesOf(names, labels)) ?? [])
        if (!out.includes(entity)) out.push(entity);
  return out;
}

function followed(index: WorldIndex, start: string, next: (id: string) => string[], depth = DEPTH): Entity[] {
  const seen = new Set([start]);
  const out: Entity[] = [];
  let level = [start];
  for (let i = 0; i < depth && level.length > 0; i++) {
    const found: string[] = [];
    for (const id of level)
      for (const other of next(id))
        if (!seen.has(other)) {
          seen.add(other);
          found.push(other);
          const entity = index.byId.get(other);
          if (entity) out.push(entity);
        }
    level = found;
  }
  return out;
}

/** Entities that the entity is a part of, and the workloads that a service runs on. */
export const ownersOf = (index: WorldIndex, id: string): Entity[] =>
  followed(index, id, (one) =>
    (index.outgoing.get(one) ?? []).filter(({ kind }) => kind === 'part_of').map(({ to }) => to),
  );

/** Parts of an entity at every depth, and the databases that run in them. */
export const partsOf = (index: WorldIndex, id: string): Entity[] =>
  followed(index, id, (one) =>
    (index.incoming.get(one) ?? [])
      .filter(({ kind, from }) => kind === 'part_of' || (kind === 'runs_on' && from.startsWith('database')))
      .map(({ from }) => from),
  );

/** Nodes and workloads that an entity or its parts run on. */
export function hostsOf(index: WorldIndex, id: string): Entity[] {
  const out = new Set<Entity>();
  for (const one of [id, ...partsOf(index, id).map((part) => part.id)])
    for (const { kind, to } of index.outgoing.get(one) ?? []) {
      const host = index.byId.get(to);
      if (kind === 'runs_on' && host) out.add(host);
    }
  return [...out];
}

/** The service of labels: its own, or that of the instance or container that they select. */
export function serviceAt(index: WorldIndex, labels: LabelSet): Entity | null {
  const found = entitiesAt(index, labels);
  const own = found.find(({ kind }) => kind === 'service');
  if (own) return own;
  for (const entity of found) {
    const owner = ownersOf(index, entity.id).find(({ kind }) => kind === 'service');
    if (owner) return owner;
  }
  return null;
}

/** Kinds of the nodes of the service map. */
const MAP_KINDS = ['service', 'database', 'external_endpoint', 'database_instance'];

/** The entity with a name on the service map or in the list of services. */
export function namedEntity(index: WorldIndex, name: string, namespace = ''): Entity | null {
  const all = index.world.entities.filter(
    (entity) => entity.name === name && MAP_KINDS.includes(entity.kind),
  );
  const order = (entity: Entity) =>
    MAP_KINDS.indexOf(entity.kind) * 2 +
    (namespace !== '' && entity.attributes.namespace !== namespace ? 1 : 0);
  return all.sort((a, b) => order(a) - order(b))[0] ?? null;
}

/** Attribute of an entity, else of its parts, the workloads it runs on or its owners. */
export function attributeOf(index: WorldIndex, entity: Entity, ...names: string[]): string {
  const from = (one: Entity) => names.map((name) => one.attributes[name]).find(Boolean);
  const own = from(entity);
  if (own) return own;
  for (const other of [
    ...hostsOf(index, entity.id).filter(({ kind }) => kind === 'workload'),
    ...partsOf(index, entity.id),
    ...ownersOf(index, entity.id),
  ]) {
    const found = from(other);
    if (found) return found;
  }
  return '';
}

/** Ids of an entity, its parts, and the workloads and nodes that it runs on. */
export function idsAround(index: WorldIndex | undefined, id: string): Set<string> {
  const out = new Set([id]);
  if (!index) return out;
  for (const entity of [...partsOf(index, id), ...hostsOf(index, id)]) out.add(entity.id);
  return out;
}

/** Problems of an entity, its parts and hosts, and those that affect it. */
export function problemsOf(problems: Problem[], index: WorldIndex | undefined, id: string): Problem[] {
  const ids = idsAround(index, id);
  return problems.filter(
    (problem) =>
      ids.has(problem.entity.id) ||
      problem.affected.some((one) => one.id === id) ||
      problem.symptoms.some((one) => one.entity.id === id),
  );
}

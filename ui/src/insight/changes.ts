/** Restarts, deployments and targets that went down, with their times and the entities that they touch. */
import type { LabelSet, VectorItem } from '../api/types';
import { seriesName } from '../lib/labels';
import { counted } from '../lib/units';
import type { Entity, Problem } from './types';
import { entitiesAt, idsAround, ownersOf, type WorldIndex } from './world';

export type ChangeKind = 'restart' | 'deployment' | 'down' | 'alert';

export interface Change {
  key: string;
  kind: ChangeKind;
  title: string;
  detail: string;
  /** ms since 1970; null where only the range is known. */
  time: number | null;
  /** Entities that changed, and those that they are a part of. */
  entities: string[];
  to: string;
  search: Record<string, string>;
}

/** Changes of one kind that are asked for: the newest. */
const MOST = 500;

const newest = (expr: string) => `topk(${MOST}, ${expr})`;

const firstSeen = (range: string, by: string, of = '') =>
  `min by (${by}) (min_over_time(timestamp(target_info${of})[${range}:1m]))`;

/** Queries of changes within a range such as 1h. */
export const changeQueries = (range: string) => ({
  started: newest(`process_start_time_seconds > time() - ${seconds(range)}`),
  containers: newest(`container_start_time_seconds{name!=""} > time() - ${seconds(range)}`),
  restarts: newest(
    `increase(container_restarts_total[${range}]) > 0 or increase(kube_pod_container_status_restarts_total[${range}]) > 0`,
  ),
  replicaSets: newest(`kube_replicaset_created > time() - ${seconds(range)}`),
  // A version that came later than its service did: the first version of a new service is no deployment.
  versions: newest(
    `${firstSeen(range, 'job, service_name, service_version', '{service_version!=""}')} > on (job) group_left () (${firstSeen(range, 'job')} + 90)`,
  ),
  down: newest(`max_over_time(timestamp(up == 1)[${range}:30s]) and up == 0`),
  resolved: newest(
    `count by (alertname) (count_over_time(ALERTS{alertstate="firing"}[${range}])) unless on (alertname) ALERTS{alertstate="firing"}`,
  ),
});

export type ChangeAnswers = Record<keyof ReturnType<typeof changeQueries>, VectorItem[]>;

const seconds = (range: string) =>
  Number.parseInt(range, 10) * ({ s: 1, m: 60, h: 3600, d: 86_400 }[range.at(-1) ?? 's'] ?? 1);

/** Name of the part of a deployment's replica set that changes with each version. */
const REPLICA_SET = /-[bcdfghjklmnpqrstvwxz2456789]{8,10}$/;

const nameOf = (labels: LabelSet) => [labels.job, labels.instance].filter(Boolean).join(' ');

const numberOf = (item: VectorItem) => Number(item.value?.[1] ?? Number.NaN);

const query = (expr: string) => ({ to: '/query', search: { 'g0.expr': expr, 'g0.tab': 'graph' } });

/** All changes, newest first; those without a time last. */
export function changesOf(answers: ChangeAnswers, index?: WorldIndex): Change[] {
  const named = new Map<string, Entity[]>();
  for (const entity of index?.world.entities ?? [])
    if (entity.kind === 'service' || entity.kind === 'workload')
      named.set(entity.name, [...(named.get(entity.name) ?? []), entity]);
  const touched = (labels: LabelSet): string[] => {
    if (!index) return [];
    // Without instances of a service in the world, its name must do.
    const byName = [labels.service_name, labels.workload]
      .flatMap((name) => (name === undefined ? [] : (named.get(name) ?? [])))
      .filter(
        ({ attributes: { namespace } }) => !labels.namespace || !namespace || namespace === labels.namespace,
      );
    const own = [...entitiesAt(index, labels), ...byName].map(({ id }) => id);
    return [...new Set(own.flatMap((id) => [id, ...ownersOf(index, id).map((owner) => owner.id)]))];
  };
  const change = (
    item: VectorItem,
    kind: ChangeKind,
    metric: string,
    title: string,
    detail = '',
    time: number | null = numberOf(item) * 1000,
    labels: LabelSet = item.metric,
  ): Change => {
    const { __name__: _, ...rest } = item.metric;
    const series = seriesName({ ...rest, __name__: metric });
    return {
      key: `${kind} ${series}`,
      kind,
      title,
      detail,
      time: time !== null && Number.isFinite(time) ? time : null,
      entities: touched(labels),
      ...query(series),
    };
  };
  const container = (labels: LabelSet) =>
    labels.pod
      ? `${labels.pod} ${labels.container ?? ''}`.trim()
      : (labels.name ?? labels.container_id ?? '');
  const all: Change[] = [
    ...answers.started.map((item) =>
      change(item, 'restart', 'process_start_time_seconds', `${nameOf(item.metric)} started`),
    ),
    ...answers.containers.map((item) =>
      change(item, 'restart', 'container_start_time_seconds', `${container(item.metric)} started`),
    ),
    ...answers.restarts.map((item) =>
      change(
        item,
        'restart',
        item.metric.pod ? 'kube_pod_container_status_restarts_total' : 'container_restarts_total',
        `${container(item.metric)} restarted`,
        counted(Math.max(1, Math.round(numberOf(item))), 'time'),
        null,
      ),
    ),
    ...answers.replicaSets.map((item) => {
      const set = item.metric.replicaset ?? '';
      const workload = set.replace(REPLICA_SET, '');
      return change(
        item,
        'deployment',
        'kube_replicaset_created',
        `${workload} deployed`,
        set,
        numberOf(item) * 1000,
        { ...item.metric, workload },
      );
    }),
    ...answers.versions.map((item) => {
      const service = item.metric.service_name ?? item.metric.job?.replace(/^.*\//, '') ?? '';
      return change(
        item,
        'deployment',
        'target_info',
        `${service} deployed`,
        `version ${item.metric.service_version}`,
        numberOf(item) * 1000,
        { ...item.metric, service_name: service },
      );
    }),
    ...answers.down.map((item) => change(item, 'down', 'up', `${nameOf(item.metric)} went down`)),
    ...answers.resolved.map((item) => {
      const alertname = item.metric.alertname ?? '';
      return {
        ...change(item, 'alert', 'ALERTS', `Alert ${alertname} resolved`, '', null),
        ...query(seriesName({ __name__: 'ALERTS', alertname, alertstate: 'firing' })),
      };
    }),
  ];
  return all.sort(
    (a, b) =>
      (b.time ?? Number.NEGATIVE_INFINITY) - (a.time ?? Number.NEGATIVE_INFINITY) ||
      a.title.localeCompare(b.title),
  );
}

const HOUR_MS = 3_600_000;
/** A change seen shortly after a problem may have come before it: samples are some time apart. */
const SLACK_MS = 60_000;

/** Changes in the hour before a problem of its entity, its parts and hosts, and of what it calls. */
export function changesBefore(problem: Problem, changes: Change[], index?: WorldIndex): Change[] {
  const since = problem.since * 1000;
  const ids = idsAround(index, problem.entity.id);
  const called = new Set(
    [...(index?.outgoing.get(problem.entity.id) ?? [])]
      .filter(({ kind }) => kind === 'calls' || kind === 'reads' || kind === 'writes')
      .flatMap(({ to }) => [...idsAround(index, to)]),
  );
  const near = changes.filter(
    ({ kind, time }) =>
      kind !== 'alert' && time !== null && time > since - HOUR_MS && time < since + SLACK_MS,
  );
  const own = near.filter(({ entities }) => entities.some((id) => ids.has(id)));
  const others = near.filter((one) => !own.includes(one) && one.entities.some((id) => called.has(id)));
  return [...own, ...others];
}

/** Changes of an entity, its parts and hosts. */
export function changesTo(id: string, changes: Change[], index?: WorldIndex): Change[] {
  const ids = idsAround(index, id);
  return changes.filter(({ entities }) => entities.some((one) => ids.has(one)));
}

/** Time of the last change of each entity. */
export function lastChanges(changes: Change[]): Map<string, Change> {
  const out = new Map<string, Change>();
  for (const change of changes)
    if (change.time !== null && change.kind !== 'alert')
      for (const id of change.entities) if (!out.has(id)) out.set(id, change);
  return out;
}

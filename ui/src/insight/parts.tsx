/** Links, badges and times of entities that several pages show. */
import { Link } from '@tanstack/react-router';
import { useMoment } from '../components/moment';
import { formatAgo } from '../lib/time';
import { formatValue, UNIT_CHOICES, type UnitId } from '../lib/units';
import type { EntityHealth, EntityRef, ObjectiveState, Status } from './types';

export const kindText = (kind: string) => kind.replaceAll('_', ' ');

/** Services have a page of their own; all other entities have one page by id. */
export function EntityLink({
  entity,
  carried = {},
  className,
}: {
  entity: EntityRef;
  carried?: Record<string, string>;
  className?: string;
}) {
  return entity.kind === 'service' ? (
    <Link
      to="/services/service/$name"
      params={{ name: entity.name } as never}
      search={carried as never}
      className={className}
    >
      {entity.name}
    </Link>
  ) : (
    <Link
      to="/infrastructure/entity/$id"
      params={{ id: entity.id } as never}
      search={carried as never}
      className={className}
      title={entity.id}
    >
      {entity.name}
    </Link>
  );
}

/** Relative time with the absolute one as tooltip. */
export function Ago({ ms, now = Date.now() }: { ms: number; now?: number }) {
  const moment = useMoment();
  if (!Number.isFinite(ms) || ms <= 0) return null;
  return (
    <time className="num" dateTime={new Date(ms).toISOString()} title={moment(ms)}>
      {formatAgo(ms, now)}
    </time>
  );
}

const STATUS_NAMES: Record<Status, string> = {
  ok: 'ok',
  warning: 'warning',
  critical: 'failing',
  unknown: 'no data',
};
const STATUS_BADGES: Record<Status, string> = { ok: 'ok', warning: 'warn', critical: 'err', unknown: 'none' };

export function StatusBadge({ status, title }: { status: Status; title?: string }) {
  return (
    <span className={`badge badge-${STATUS_BADGES[status]}`} title={title}>
      {STATUS_NAMES[status]}
    </span>
  );
}

export function EntityHealthBadge({ health }: { health: EntityHealth | undefined }) {
  if (!health) return <StatusBadge status="unknown" title="No inspection checked it" />;
  const categories = Object.entries(health.categories)
    .map(([name, status]) => `${name}: ${STATUS_NAMES[status] ?? status}`)
    .join('\n');
  return <StatusBadge status={health.status} title={categories || undefined} />;
}

const OBJECTIVE_BADGES: Record<ObjectiveState, string> = {
  ok: 'ok',
  burning: 'warn',
  exhausted: 'err',
  'no data': 'none',
};

export function ObjectiveBadge({ state }: { state: ObjectiveState }) {
  return <span className={`badge badge-${OBJECTIVE_BADGES[state] ?? 'none'}`}>{state}</span>;
}

const UNITS = new Set<string>(UNIT_CHOICES.map(({ id }) => id));
const ALIASES: Record<string, UnitId> = {
  '': 'none',
  s: 'seconds',
  '%': 'percent',
  By: 'bytes',
  'bytes/second': 'bytes/s',
  'requests/s': 'per second',
};

/** A value in the unit of its inspection. */
export function valueText(value: number | null, unit: string): string {
  if (value === null || !Number.isFinite(value)) return 'no data';
  const known = ALIASES[unit] ?? (UNITS.has(unit) ? (unit as UnitId) : null);
  return known === null ? `${formatValue(value, 'none', 3)} ${unit}` : formatValue(value, known, 3);
}

/** A share of good requests with the digits that tell it from its target: 99.95%. */
export const shareText = (share: number | null): string =>
  share === null ? 'no data' : `${Number((share * 100).toPrecision(5))}%`;

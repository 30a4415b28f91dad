/** Which targets a page shows. */
import type { ActiveTarget, DroppedTarget, LabelSet, TargetHealth } from '../api/types';

export interface TargetFilter {
  pool: string;
  health: TargetHealth | 'all' | 'dropped';
  text: string;
}

const HEALTHS = ['up', 'down', 'unknown', 'dropped'];

export function readFilter(search: Record<string, string>): TargetFilter {
  const health = (search.health ?? '').toLowerCase();
  return {
    pool: search.pool ?? search.scrapePool ?? '',
    health: HEALTHS.includes(health) ? (health as TargetFilter['health']) : 'all',
    text: search.search ?? '',
  };
}

const holds = (labels: LabelSet, words: string[], more: string) => {
  const hay = `${more} ${Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')}`.toLowerCase();
  return words.every((word) => hay.includes(word));
};

const wordsOf = (text: string) => text.toLowerCase().split(/\s+/).filter(Boolean);

const RANK: Record<string, number> = { down: 0, unknown: 1, up: 2 };

/** In order of pools; within a pool what is down comes first. */
export function filterTargets(targets: ActiveTarget[], filter: TargetFilter): ActiveTarget[] {
  const words = wordsOf(filter.text);
  return targets
    .filter((t) => filter.pool === '' || t.scrapePool === filter.pool)
    .filter((t) => filter.health === 'all' || t.health === filter.health)
    .filter((t) => words.length === 0 || holds(t.labels, words, `${t.scrapeUrl} ${t.lastError}`))
    .sort(
      (a, b) =>
        a.scrapePool.localeCompare(b.scrapePool) ||
        (RANK[a.health] ?? 1) - (RANK[b.health] ?? 1) ||
        a.scrapeUrl.localeCompare(b.scrapeUrl, undefined, { numeric: true }),
    );
}

/** Older servers do not say the pool of a dropped target; its job label is the pool's name. */
export const poolOf = (t: DroppedTarget) => t.scrapePool ?? t.discoveredLabels.job ?? '';

export function filterDropped(targets: DroppedTarget[], filter: TargetFilter): DroppedTarget[] {
  const words = wordsOf(filter.text);
  return targets
    .filter((t) => filter.pool === '' || poolOf(t) === filter.pool)
    .filter((t) => words.length === 0 || holds(t.discoveredLabels, words, ''));
}

export interface PoolSummary {
  pool: string;
  up: number;
  down: number;
  unknown: number;
  dropped: number;
}

export function summarisePools(
  active: ActiveTarget[],
  dropped: DroppedTarget[],
  droppedCounts?: Record<string, number>,
): PoolSummary[] {
  const pools = new Map<string, PoolSummary>();
  const of = (pool: string) => {
    const known = pools.get(pool) ?? { pool, up: 0, down: 0, unknown: 0, dropped: 0 };
    pools.set(pool, known);
    return known;
  };
  for (const target of active) of(target.scrapePool)[target.health in RANK ? target.health : 'unknown']++;
  if (droppedCounts) for (const [pool, count] of Object.entries(droppedCounts)) of(pool).dropped = count;
  else for (const target of dropped) of(poolOf(target)).dropped++;
  return [...pools.values()].sort((a, b) => a.pool.localeCompare(b.pool));
}

/** Health, objectives, problems, alerts and changes of one entity. */
import { useMemo } from 'react';
import { useRules } from '../api/queries';
import type { ChartMarker } from '../chart/markers';
import { useIncidents } from '../incidents/api';
import { useHealth, useObjectives, useProblems, useWorld } from './api';
import { type Change, changesTo } from './changes';
import { markersOf } from './markers';
import { alertsAt, firingAlerts } from './notified';
import type { EntityHealth, Objective, Problem } from './types';
import { useChanges } from './use-changes';
import { problemsOf, type WorldIndex } from './world';

export interface EntityInsight {
  world: WorldIndex | undefined;
  worldError: unknown;
  health: EntityHealth | undefined;
  /** Undefined while not known. */
  problems: Problem[] | undefined;
  problemsError: unknown;
  evaluated: number;
  objectives: Objective[] | undefined;
  objectivesError: unknown;
  changes: Change[];
  markers: ChartMarker[];
}

/** Range of changes: that of the page, one day at most. */
export const changeRange = (range: number): string =>
  `${Math.max(1, Math.min(1440, Math.ceil(range / 60_000)))}m`;

/** Incidents whose bands charts show. */
const MAX_INCIDENTS = 20;

export function useEntityInsight(id: string, name: string, range: number): EntityInsight {
  const world = useWorld();
  const health = useHealth();
  const answer = useProblems();
  const objectives = useObjectives();
  const rules = useRules().data;
  const index = world.data;
  const all = useChanges(changeRange(range), index);
  const incidents = useIncidents({ entity: id, limit: MAX_INCIDENTS }, id !== '').data?.incidents;
  const problems = useMemo(
    () => (answer.data ? problemsOf(answer.data.problems, index, id) : undefined),
    [answer.data, index, id],
  );
  const changes = useMemo(() => changesTo(id, all, index), [id, all, index]);
  const markers = useMemo(
    () =>
      markersOf(
        changes,
        problems ?? [],
        alertsAt(id, name, firingAlerts(rules?.groups ?? [], index), index),
        incidents,
      ),
    [changes, problems, rules, index, id, name, incidents],
  );
  return {
    world: index,
    worldError: world.error,
    health: health.data?.get(id),
    problems,
    problemsError: answer.error,
    evaluated: answer.data?.evaluated ?? 0,
    objectives: objectives.data?.filter(({ entity }) => entity?.id === id),
    objectivesError: objectives.error,
    changes,
    markers,
  };
}

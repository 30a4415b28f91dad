import { useMemo } from 'react';
import { useVector } from '../api/queries';
import { type Change, changeQueries, changesOf } from './changes';
import type { WorldIndex } from './world';

const EVERY_MS = 60_000;

/** Changes within the range, up to now. */
export function useChanges(range: string, index?: WorldIndex): Change[] {
  const queries = changeQueries(range);
  const started = useVector(queries.started, EVERY_MS).data;
  const containers = useVector(queries.containers, EVERY_MS).data;
  const restarts = useVector(queries.restarts, EVERY_MS).data;
  const replicaSets = useVector(queries.replicaSets, EVERY_MS).data;
  const versions = useVector(queries.versions, EVERY_MS).data;
  const down = useVector(queries.down, EVERY_MS).data;
  const resolved = useVector(queries.resolved, EVERY_MS).data;
  return useMemo(
    () =>
      changesOf(
        {
          started: started ?? [],
          containers: containers ?? [],
          restarts: restarts ?? [],
          replicaSets: replicaSets ?? [],
          versions: versions ?? [],
          down: down ?? [],
          resolved: resolved ?? [],
        },
        index,
      ),
    [started, containers, restarts, replicaSets, versions, down, resolved, index],
  );
}

/** CPU time by function of a container or a service, as a flame graph. */
import { Link, useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { ErrorNotice, isMissing } from '../api/errors';
import { Loading } from '../components/ui';
import { useFlames } from '../explore/profiles/api';
import { FlameGraph } from '../explore/profiles/flame-graph';
import { formatIn, partsOf } from '../explore/profiles/units';
import '../explore/profiles/profiles.css';
import { exploreSearch } from '../services/log-patterns';
import type { ServicesState } from '../services/state';

const CPU = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';

/** `query` selects its profiles. */
export function CpuFlames({ query, state }: { query: string; state: ServicesState }) {
  const navigate = useNavigate();
  const [zoom, setZoom] = useState('');
  const selection = useMemo(
    () => ({ type: CPU, query, start: state.start, end: state.end }),
    [query, state.start, state.end],
  );
  const answer = useFlames(selection, null, state.attempt);
  const flames = answer.data;
  const { unit } = partsOf(CPU);
  const search = { ...exploreSearch(state, query), type: CPU };
  return (
    <section className="panel service-panel" aria-label="CPU profile">
      <header>
        <h2>CPU profile</h2>
        <Link to="/explore/profiles" search={search as never}>
          All in Explore
        </Link>
      </header>
      {isMissing(answer.error) ? (
        <p className="muted">This server has no profile store.</p>
      ) : answer.error ? (
        <ErrorNotice error={answer.error} />
      ) : !flames ? (
        <Loading label="Merging profiles" />
      ) : flames.total[0] === 0 ? (
        <p className="muted">No CPU samples in the time range.</p>
      ) : (
        <>
          <p className="muted">{formatIn(flames.total[0] as number, unit)} of CPU time</p>
          <FlameGraph
            flames={flames}
            unit={unit}
            label="CPU profile"
            find=""
            zoom={zoom}
            onZoom={setZoom}
            onFunction={(fn) =>
              void navigate({ to: '/explore/profiles', search: { ...search, view: 'sandwich', fn } as never })
            }
          />
        </>
      )}
    </section>
  );
}

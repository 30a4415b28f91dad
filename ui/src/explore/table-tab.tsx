import { ErrorNotice } from '../api/errors';
import { useInstant } from '../api/queries';
import { Loading } from '../components/ui';
import { utcTime } from '../lib/store';
import { formatMoment } from '../lib/time';
import { Messages, NothingFound, Stats, type TabProps } from './answer';
import { ResultTable } from './table';
import { useUnits } from './use-unit';

export function TableTab({ panel, time, now, attempt, run }: TabProps) {
  const utc = utcTime.use();
  const moment = panel.moment ?? time.end ?? now;
  const result = useInstant(panel.expr, moment, attempt);
  const units = useUnits(panel.expr, panel.unit);
  if (result.error) return <ErrorNotice error={result.error} />;
  if (!result.data) return <Loading label="Running the query" />;
  const { answer, took } = result.data;
  const { data } = answer;
  const nothing = Array.isArray(data.result) && data.result.length === 0;
  return (
    <div className={result.isPlaceholderData ? 'is-stale' : undefined} aria-busy={result.isFetching}>
      <Messages warnings={answer.warnings} infos={answer.infos} />
      {nothing ? (
        <NothingFound
          expr={panel.expr}
          onRun={run}
          time={`at ${formatMoment(result.data.time, utc)}`}
          utc={utc}
        />
      ) : (
        <ResultTable data={data} time={result.data.time} units={units} utc={utc} />
      )}
      <Stats took={took} stats={data.stats} extra={[]} />
    </div>
  );
}

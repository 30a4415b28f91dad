/** What a query does: the server's plan with what each step takes, and its parts one by one. */
import { useMemo } from 'react';
import { ErrorNotice, isMissing } from '../api/errors';
import { Button, Loading, Notice, Segmented } from '../components/ui';
import type { TabProps } from '../explore/answer';
import { Messages } from '../explore/answer';
import { type ExplainState, type ExplainView, stepOf } from '../explore/state';
import { MomentField, ResolutionSelect } from '../explore/toolbar';
import { utcTime } from '../lib/store';
import { formatMoment } from '../lib/time';
import { type PlanTime, useExplanation } from './ask';
import { Description } from './describe';
import { readParts } from './parts';
import { PartsTree, partAt } from './parts-tree';
import { type Mark, PlanView, planLength } from './plan-view';

export interface ExplainProps extends TabProps {
  onMark: (mark: Mark | null) => void;
}

function planTime({ panel, time, now }: TabProps): PlanTime {
  if (panel.explain.moment) return { kind: 'moment', time: panel.moment ?? time.end ?? now };
  const step = stepOf(panel.resolution, time.range);
  const end = time.end ?? Math.floor(now / step) * step;
  return { kind: 'range', start: end - time.range, end, step };
}

/** The parts of the query with the series of each; a press explains one. */
export function Parts({
  panel,
  time,
  now,
  attempt,
  onMark,
  onChoose,
  chosen,
}: Omit<ExplainProps, 'update' | 'run' | 'setTime'> & {
  chosen: number | null;
  onChoose: (index: number) => void;
}) {
  const root = useMemo(() => readParts(panel.expr), [panel.expr]);
  if (!root) {
    return (
      <Notice kind="error" title="The query is not valid">
        It has no parts to show. The mark in the query says where it breaks; Table and Graph show the server's
        words.
      </Notice>
    );
  }
  return (
    <PartsTree
      root={root}
      time={panel.moment ?? time.end ?? now}
      attempt={attempt}
      chosen={chosen}
      onChoose={onChoose}
      onMark={onMark}
    />
  );
}

export default function ExplainTab(props: ExplainProps) {
  const { panel, time, now, attempt, update, run, onMark } = props;
  const { explain } = panel;
  const utc = utcTime.use();
  const at = planTime(props);
  const wanted = explain.view !== 'parts';
  const plan = useExplanation(panel.expr, at, false, attempt, wanted);
  const analysis = useExplanation(panel.expr, at, true, attempt, wanted && explain.analyze);
  const missing = isMissing(plan.error);
  const view: ExplainView = explain.view === 'auto' && missing ? 'parts' : wanted ? 'plan' : 'parts';
  const set = (patch: Partial<ExplainState>) => update({ explain: { ...explain, ...patch } });
  const moment = panel.moment ?? time.end ?? now;
  const shown = explain.analyze ? (analysis.data ?? plan.data) : plan.data;
  const data = shown?.data;
  const root = useMemo(() => (view === 'parts' ? readParts(panel.expr) : null), [panel.expr, view]);

  return (
    <div className="explain">
      <div className="explain-bar">
        <Segmented<ExplainView>
          label="Explanation"
          value={view}
          choices={[
            { value: 'plan', label: 'Plan' },
            { value: 'parts', label: 'Part by part' },
          ]}
          onChange={(next) => set({ view: next })}
        />
        {view === 'plan' && (
          <>
            <Segmented
              label="Planned for"
              value={explain.moment ? 'moment' : 'range'}
              choices={[
                { value: 'range', label: 'Over the range' },
                { value: 'moment', label: 'At one time' },
              ]}
              onChange={(next) => set({ moment: next === 'moment' })}
            />
            {explain.moment ? (
              <MomentField value={panel.moment} onChange={(next) => update({ moment: next })} />
            ) : (
              <ResolutionSelect value={panel.resolution} onChange={(resolution) => update({ resolution })} />
            )}
            {!missing && (
              <Button
                icon="gauge"
                look={explain.analyze ? 'plain' : 'primary'}
                className="analyze"
                disabled={analysis.isFetching}
                onClick={() => (explain.analyze ? run(panel.expr) : set({ analyze: true }))}
              >
                {analysis.isFetching ? 'Running…' : explain.analyze ? 'Analyze again' : 'Analyze'}
              </Button>
            )}
          </>
        )}
        {view === 'parts' && (
          <MomentField value={panel.moment} onChange={(next) => update({ moment: next })} />
        )}
      </div>

      {view === 'plan' && missing && (
        <Notice kind="info" title="This server does not explain queries">
          Like Prometheus, it has no <code>/api/v1/explain</code>.{' '}
          <button type="button" className="plan-link" onClick={() => set({ view: 'parts' })}>
            Part by part
          </button>{' '}
          works with every server.
        </Notice>
      )}
      {view === 'plan' && plan.error && !missing && <ErrorNotice error={plan.error} />}
      {view === 'plan' && explain.analyze && !plan.error && analysis.error && (
        <ErrorNotice error={analysis.error} />
      )}
      {view === 'plan' && !plan.error && !data && <Loading label="Planning" />}
      {view === 'plan' && data && !plan.error && (
        <div
          className={analysis.isFetching && explain.analyze ? 'is-stale' : undefined}
          aria-busy={analysis.isFetching}
        >
          <Messages warnings={data.warnings ?? []} infos={data.infos ?? []} />
          <PlanView data={data} expr={data.query} onMark={onMark} />
          <div className="panel-stats">
            {at.kind === 'range'
              ? `${planLength(at.start, at.end, at.step)} from ${formatMoment(at.start, utc)} to ${formatMoment(at.end, utc)}`
              : `at ${formatMoment(at.time, utc)}`}
            {data.analyzed ? ' · measured during a run whose result was discarded' : ' · not run yet'}
          </div>
        </div>
      )}

      {view === 'parts' && (
        <>
          {!panel.tree && (
            <Parts
              {...props}
              chosen={explain.part}
              onChoose={(part) => set({ view: explain.view === 'auto' ? 'auto' : 'parts', part })}
            />
          )}
          {root && <Description part={partAt(root, explain.part)} time={moment} attempt={attempt} />}
          <div className="panel-stats">
            {explain.view === 'auto' && missing && 'This server does not explain queries. '}
            Every part was queried separately at {formatMoment(moment, utc)}
          </div>
        </>
      )}
    </div>
  );
}

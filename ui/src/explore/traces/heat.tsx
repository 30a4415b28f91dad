/** Duration heat map. A box drawn over it selects spans; what they share is listed below. */
import { useMemo } from 'react';
import { ErrorNotice } from '../../api/errors';
import { Button, Loading } from '../../components/ui';
import { clampRange, type TimeRange } from '../../lib/time';
import { formatValue } from '../../lib/units';
import { HeatCanvas } from '../heat-canvas';
import { useMetrics, type Window } from './api';
import { ComparePanel } from './compare-panel';
import { heatQuery, selectionTerms } from './filters';
import { boxOf, boxPlace, heatGrid, lowerBound, slowestBox } from './heat-model';
import { aligned, type Selection, stepOf } from './state';

const seconds = (value: number) => formatValue(value, 'seconds', 3);

export function HeatPanel(props: {
  query: string;
  window: Window;
  attempt: number;
  box: Selection | null;
  onBox: (box: Selection | null) => void;
  onTerm: (term: string) => void;
  onTerms: (terms: string[], time: TimeRange) => void;
}) {
  const { box } = props;
  const step = stepOf(props.window.end - props.window.start);
  const window = aligned(props.window.start, props.window.end, step);
  const answer = useMetrics(heatQuery(props.query), window, step, props.attempt);
  const grid = useMemo(() => (answer.data ? heatGrid(answer.data.series, answer.data) : null), [answer.data]);
  if (answer.error) return <ErrorNotice error={answer.error} />;
  if (!grid) return <Loading label="Measuring durations" />;
  if (grid.total === 0 && !box) return null;
  return (
    <div className={answer.isPlaceholderData ? 'heat-panel is-stale' : 'heat-panel'}>
      <header className="heat-head">
        <h2>Durations</h2>
        <Button onClick={() => props.onBox(slowestBox(grid))}>Select slowest</Button>
        <Button pressed={box === 'errors'} onClick={() => props.onBox(box === 'errors' ? null : 'errors')}>
          Select errors
        </Button>
        {box && (
          <>
            {box !== 'errors' && (
              <Button
                icon="filterIn"
                onClick={() =>
                  props.onTerms(selectionTerms(box), {
                    range: clampRange(box.to - box.from),
                    end: Math.ceil(box.to / 1000) * 1000,
                  })
                }
              >
                Zoom to selection
              </Button>
            )}
            <Button icon="close" look="ghost" label="Clear selection" onClick={() => props.onBox(null)} />
          </>
        )}
      </header>
      {grid.bounds.length > 0 && (
        <HeatCanvas
          grid={grid}
          label="Durations over time"
          noun="spans"
          hint="Drag a box over slow spans to see what they have in common."
          format={seconds}
          lower={(row) => lowerBound(grid, row)}
          place={(drag) => {
            const shown = drag ? boxOf(grid, drag.from, drag.to) : box !== 'errors' ? box : null;
            return shown && boxPlace(grid, shown);
          }}
          onCorners={({ from, to }) => props.onBox(boxOf(grid, from, to))}
        />
      )}
      {box && (
        <ComparePanel
          query={props.query}
          window={window}
          step={step}
          attempt={props.attempt}
          box={box}
          onTerm={props.onTerm}
        />
      )}
    </div>
  );
}

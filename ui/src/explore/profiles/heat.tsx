/** Heat map of single profiles by time and value. A click shows one of them. */
import { useCallback } from 'react';
import { ErrorNotice } from '../../api/errors';
import { Button, Loading } from '../../components/ui';
import { utcTime } from '../../lib/store';
import { formatMoment } from '../../lib/time';
import { HeatCanvas } from '../heat-canvas';
import { type Selection, useProfileHeat } from './api';
import { exampleOf, placeOf } from './heat-model';
import { stepOf } from './timeline';
import { formatIn } from './units';

export function ProfileHeatPanel(props: {
  selection: Selection;
  unit: string;
  attempt: number;
  profile: string;
  onProfile: (id: string) => void;
}) {
  const { unit, profile } = props;
  const utc = utcTime.use();
  const step = stepOf(props.selection.end - props.selection.start);
  const { data, error, isPlaceholderData } = useProfileHeat(props.selection, step, props.attempt);
  const format = useCallback((value: number) => formatIn(value, unit), [unit]);
  if (error) return <ErrorNotice error={error} />;
  if (!data) return <Loading label="Loading profiles" />;
  if (data.grid.total === 0) return null;
  const shown = [...data.examples].find(([, e]) => e.id === profile);
  const rows = data.grid.bounds.length;
  const cell = shown && { column: Math.floor(shown[0] / rows), row: shown[0] % rows };
  return (
    <section
      className={isPlaceholderData ? 'heat-panel is-stale' : 'heat-panel'}
      aria-label="Single profiles"
    >
      <header className="heat-head">
        <h2>Single profiles</h2>
        {profile !== '' && (
          <>
            <span className="muted">
              {shown
                ? `${formatMoment(shown[1].time, utc)} · ${format(shown[1].value)} · ${Object.entries(
                    shown[1].labels,
                  )
                    .filter(([name]) => !name.startsWith('__'))
                    .map(([name, value]) => `${name}=${value}`)
                    .join(' ')}`
                : 'Selected profile'}
            </span>
            <Button icon="close" look="ghost" label="Show all profiles" onClick={() => props.onProfile('')} />
          </>
        )}
      </header>
      <HeatCanvas
        grid={data.grid}
        label="Profiles over time by value"
        noun="profiles"
        hint="Click a cell to show its largest profile."
        format={format}
        lower={(row) => data.lower[row] as number}
        place={(drag) => (drag ? placeOf(data, drag) : cell ? placeOf(data, { from: cell, to: cell }) : null)}
        onCorners={(corners) => {
          const found = exampleOf(data, corners);
          if (found) props.onProfile(found.id);
        }}
      />
    </section>
  );
}

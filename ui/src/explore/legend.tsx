import { useState } from 'react';
import { useTheme } from '../app/theme';
import { seriesColor } from '../chart/palette';
import { Button, LabelChips } from '../components/ui';
import { shortName, splitShared } from '../lib/labels';
import { formatValue, type UnitId } from '../lib/units';
import { type Series, summarise } from './shape';

const FIRST_ROWS = 20;

interface Props {
  series: Series[];
  unit: UnitId;
  only: string | null;
  hide: string[];
  onIsolate: (key: string) => void;
  onToggle: (key: string) => void;
  onFocus: (key: string | null) => void;
}

/** Names and figures of the lines. A press shows one alone; with Ctrl or Cmd it switches one off. */
export function Legend({ series, unit, only, hide, onIsolate, onToggle, onFocus }: Props) {
  const theme = useTheme();
  const [all, setAll] = useState(false);
  const { shared, varying } = splitShared(series.map((s) => s.labels));
  const shown = all ? series : series.slice(0, FIRST_ROWS);
  const visible = (key: string) => (only ? key === only : !hide.includes(key));
  return (
    <div className="legend">
      {series.length > 1 && Object.keys(shared).length > 0 && (
        <div className="legend-shared">
          <span className="muted">All series:</span> <LabelChips labels={shared} />
        </div>
      )}
      <table className="legend-table">
        <thead>
          <tr>
            <th scope="col">{series.length === 1 ? '1 series' : `${series.length} series`}</th>
            <th scope="col">last</th>
            <th scope="col" className="wide-only">
              min
            </th>
            <th scope="col" className="wide-only">
              mean
            </th>
            <th scope="col">max</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((s, i) => {
            const { last, min, mean, max } = summarise(s.values);
            const figure = (value: number | null) => (value === null ? '–' : formatValue(value, unit, 3));
            return (
              <tr key={s.key} className={visible(s.key) ? undefined : 'is-off'}>
                <td>
                  <button
                    type="button"
                    className="legend-name"
                    aria-pressed={visible(s.key)}
                    title={`${s.name}\nClick: show only this series. Ctrl+click: hide it.`}
                    onClick={(e) => (e.ctrlKey || e.metaKey ? onToggle(s.key) : onIsolate(s.key))}
                    onMouseEnter={() => onFocus(s.key)}
                    onMouseLeave={() => onFocus(null)}
                    onFocus={() => onFocus(s.key)}
                    onBlur={() => onFocus(null)}
                  >
                    <span className="swatch" style={{ background: seriesColor(i, theme) }} />
                    <span className="legend-text">
                      {series.length === 1 ? s.name : shortName(s.labels, varying)}
                    </span>
                  </button>
                </td>
                <td>{figure(last)}</td>
                <td className="wide-only">{figure(min)}</td>
                <td className="wide-only">{figure(mean)}</td>
                <td>{figure(max)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {series.length > FIRST_ROWS && (
        <Button look="ghost" onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show all ${series.length}`}
        </Button>
      )}
    </div>
  );
}

import { useEffect, useState } from 'react';
import { utcTime } from '../lib/store';
import {
  clampRange,
  describeRange,
  formatDuration,
  formatMoment,
  parseDuration,
  parseMoment,
  RANGES,
  spellDuration,
  type TimeRange,
} from '../lib/time';
import { Icon } from './icons';
import { Button, Popover } from './ui';

export const REFRESHES = [0, 5000, 10_000, 15_000, 30_000, 60_000, 300_000, 900_000];

/** Reads "now", "now-90m", a moment; null when it is neither. */
function readMoment(text: string, utc: boolean, now: number): number | null {
  const trimmed = text.trim();
  if (trimmed === 'now') return now;
  const relative = /^now-(.+)$/.exec(trimmed);
  if (relative) {
    const back = parseDuration(relative[1] as string);
    return back === null ? null : now - back;
  }
  return parseMoment(trimmed, utc);
}

function AbsoluteForm({ value, onChange }: { value: TimeRange; onChange: (value: TimeRange) => void }) {
  const utc = utcTime.use();
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [error, setError] = useState('');
  useEffect(() => {
    const end = value.end ?? Date.now();
    setFrom(value.end === null ? `now-${formatDuration(value.range)}` : formatMoment(end - value.range, utc));
    setTo(value.end === null ? 'now' : formatMoment(end, utc));
    setError('');
  }, [value, utc]);
  const apply = () => {
    const now = Date.now();
    const start = readMoment(from, utc, now);
    const end = readMoment(to, utc, now);
    if (start === null) return setError(`“${from}” is invalid. Write 2026-11-20 09:15 or now-2h.`);
    if (end === null) return setError(`“${to}” is invalid. Write 2026-11-20 09:15 or now.`);
    if (end <= start) return setError('The end must come after the start.');
    onChange({ range: clampRange(end - start), end: to.trim() === 'now' ? null : end });
  };
  return (
    <form
      className="time-form"
      onSubmit={(e) => {
        e.preventDefault();
        apply();
      }}
    >
      <label>
        From
        <input value={from} onChange={(e) => setFrom(e.target.value)} spellCheck={false} />
      </label>
      <label>
        To
        <input value={to} onChange={(e) => setTo(e.target.value)} spellCheck={false} />
      </label>
      {error && (
        <p className="form-error" role="alert">
          {error}
        </p>
      )}
      <Button look="primary" type="submit">
        Apply
      </Button>
      <label className="check">
        <input type="checkbox" checked={utc} onChange={(e) => utcTime.set(e.target.checked)} /> Show times in
        UTC
      </label>
    </form>
  );
}

/** Start, end, refresh: one strip. */
export function TimePicker(props: {
  value: TimeRange;
  refresh: number;
  onChange: (value: TimeRange) => void;
  onRefresh: (ms: number) => void;
  onRun: () => void;
  busy?: boolean;
}) {
  const utc = utcTime.use();
  const { value } = props;
  const shift = (share: number) => {
    const end = (value.end ?? Date.now()) + value.range * share;
    props.onChange({
      range: value.range,
      end: end >= Date.now() - 1000 ? null : Math.round(end / 1000) * 1000,
    });
  };
  return (
    <div className="time-picker" role="group" aria-label="Time">
      <Button icon="left" label="Earlier" onClick={() => shift(-0.5)} />
      <Popover
        label="Time range"
        align="end"
        className="time-popover"
        button={(open, toggle) => (
          <button
            type="button"
            className="button button-plain time-button"
            aria-expanded={open}
            onClick={toggle}
          >
            <Icon name="clock" size={16} />
            <span>{describeRange(value, utc)}</span>
            {utc && <span className="badge">UTC</span>}
            <Icon name="down" size={13} />
          </button>
        )}
      >
        {(close) => (
          <div className="time-panels">
            <AbsoluteForm
              value={value}
              onChange={(next) => {
                props.onChange(next);
                close();
              }}
            />
            <div className="time-ranges" role="group" aria-label="Relative ranges">
              {RANGES.map((range) => (
                <button
                  key={range}
                  type="button"
                  className="menu-item"
                  aria-pressed={value.end === null && value.range === range}
                  onClick={() => {
                    props.onChange({ range, end: null });
                    close();
                  }}
                >
                  Last {spellDuration(range)}
                </button>
              ))}
            </div>
          </div>
        )}
      </Popover>
      <Button icon="right" label="Later" disabled={value.end === null} onClick={() => shift(0.5)} />
      <Button
        icon="zoomOut"
        className="wide-only"
        label="Zoom out"
        onClick={() =>
          props.onChange({
            ...value,
            range: clampRange(value.range * 2),
            end: value.end === null ? null : value.end + value.range / 2,
          })
        }
      />
      <span className="refresh-group">
        <button
          type="button"
          className={`button button-plain${props.busy ? ' is-busy' : ''}`}
          aria-label="Refresh now"
          title="Refresh now"
          onClick={props.onRun}
        >
          <Icon name="refresh" size={16} />
        </button>
        <span className="select select-compact">
          <select
            aria-label="Refresh every"
            value={String(props.refresh)}
            onChange={(e) => props.onRefresh(Number(e.target.value))}
          >
            {[...new Set([...REFRESHES, props.refresh])].map((ms) => (
              <option key={ms} value={String(ms)}>
                {ms === 0 ? 'Off' : formatDuration(ms)}
              </option>
            ))}
          </select>
          <Icon name="down" size={13} />
        </span>
      </span>
    </div>
  );
}

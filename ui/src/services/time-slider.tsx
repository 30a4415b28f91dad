/** Slider through the last day of the service map, with marks of deployments. */
import { useEffect, useState } from 'react';
import { useMoment } from '../components/moment';
import { Button, Select } from '../components/ui';
import { useDeployments } from '../deployments/api';
import { marksOf, spanOf } from './slider';

const STEP_MS = 60_000;
/** Pause after the last movement before the map is asked for. */
const SETTLE_MS = 250;

export function TimeSlider({
  end,
  isPast,
  onChange,
}: {
  /** ms since 1970 */
  end: number;
  isPast: boolean;
  /** Null for the present. */
  onChange: (end: number | null) => void;
}) {
  const moment = useMoment();
  const now = Date.now();
  const span = spanOf(end, now);
  const marks = marksOf(useDeployments(span.from, span.to).data?.deployments ?? [], span);
  const [moved, setMoved] = useState<number | null>(null);
  useEffect(() => {
    if (moved === null) return;
    const timer = setTimeout(() => {
      onChange(moved >= Date.now() - STEP_MS ? null : moved);
      setMoved(null);
    }, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [moved, onChange]);
  const shown = moved ?? (isPast ? end : span.to);
  return (
    <section className="time-slider" aria-label="Time of the map">
      <div className="time-slider-track">
        <input
          type="range"
          aria-label="Time"
          aria-valuetext={moment(shown)}
          min={span.from}
          max={span.to}
          step={STEP_MS}
          value={Math.min(span.to, Math.max(span.from, shown))}
          onChange={(event) => setMoved(Number(event.target.value))}
        />
        {marks.map((mark) => (
          <span
            key={mark.key}
            className="time-slider-mark"
            style={{ left: `${mark.at * 100}%` }}
            title={mark.text}
          />
        ))}
      </div>
      {marks.length > 0 && (
        <Select
          label="Deployment"
          hideLabel
          value=""
          choices={[
            { value: '', label: `Deployments: ${marks.length}` },
            ...marks.map(({ key, text }) => ({ value: key, label: text.replaceAll('\n', ', ') })),
          ]}
          onChange={(key) => {
            const mark = marks.find((one) => one.key === key);
            if (mark) onChange(mark.end);
          }}
        />
      )}
      <span className="num" role="status">
        {isPast || moved !== null ? moment(shown) : 'Now'}
      </span>
      {isPast && <Button onClick={() => onChange(null)}>Now</Button>}
    </section>
  );
}

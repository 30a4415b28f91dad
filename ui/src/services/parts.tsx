/** Figures that the pages of services share. */
import { Link } from '@tanstack/react-router';
import { formatValue } from '../lib/units';
import { healthOf } from './model';

export const rateText = (rate: number): string => `${formatValue(rate, 'none', 3)}/s`;
export const errorText = (share: number): string =>
  share === 0 ? '0%' : formatValue(share, 'ratio', share < 0.1 ? 2 : 3);
export const secondsText = (seconds: number | null): string =>
  seconds === null ? '–' : formatValue(seconds, 'seconds', 3);

export function ErrorShare({ errors }: { errors: number }) {
  const health = healthOf(errors);
  return <span className={`service-errors is-${health}`}>{errorText(errors)}</span>;
}

/** Page of a service: of its container where only the node agent sees it. */
export function ServiceLink({
  name,
  container,
  carried,
  className,
  children = name,
}: {
  name: string;
  container?: string;
  carried: Record<string, string>;
  className?: string;
  children?: string;
}) {
  return container === undefined ? (
    <Link
      to="/services/service/$name"
      params={{ name } as never}
      search={carried as never}
      className={className}
    >
      {children}
    </Link>
  ) : (
    <Link
      to="/containers/container"
      search={{ ...carried, id: container } as never}
      className={className}
      title={container}
    >
      {children}
    </Link>
  );
}

const WIDTH = 92;
const HEIGHT = 24;

/** Values over time as a line; gaps stay gaps. */
export function LineSpark({ values, label }: { values: (number | null)[]; label: string }) {
  const finite = values.map((v) => (v !== null && Number.isFinite(v) ? v : null));
  const most = finite.reduce<number>((m, v) => Math.max(m, v ?? 0), 0);
  if (most === 0) return <span className="muted">–</span>;
  const step = WIDTH / Math.max(1, finite.length - 1);
  const path = finite
    .map((v, i) =>
      v === null
        ? ''
        : `${finite[i - 1] == null ? 'M' : 'L'}${(i * step).toFixed(1)} ${(HEIGHT - 1 - (v / most) * (HEIGHT - 3)).toFixed(1)}`,
    )
    .join('');
  return (
    <svg
      className="spark"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
      role="img"
      aria-label={label}
    >
      <path d={path} className="spark-line" />
    </svg>
  );
}

/** Rate over time as a small area, failures as a darker one in front of it. */
export function Sparkline({
  rate,
  errors,
  label,
}: {
  rate: (number | null)[];
  errors: (number | null)[];
  label: string;
}) {
  const most = rate.reduce<number>((m, v) => Math.max(m, v ?? 0), 0);
  if (most === 0) return <span className="muted">–</span>;
  const area = (values: (number | null)[]) => {
    const step = WIDTH / Math.max(1, values.length - 1);
    const points = values.map(
      (v, i) => `${(i * step).toFixed(1)} ${(HEIGHT - ((v ?? 0) / most) * (HEIGHT - 2)).toFixed(1)}`,
    );
    return `M0 ${HEIGHT}L${points.join('L')}L${WIDTH} ${HEIGHT}Z`;
  };
  return (
    <svg
      className="spark"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
      role="img"
      aria-label={label}
    >
      <path d={area(rate)} className="spark-rate" />
      {errors.length > 0 && <path d={area(errors)} className="spark-errors" />}
    </svg>
  );
}

import { type KeyboardEvent, useRef } from 'react';
import { ApiError } from '../api/client';
import { Icon } from '../components/icons';
import { Popover } from '../components/ui';
import { formatValue } from '../lib/units';
import { type LabelCount, MAX_SERIES, type PartState, usePartStates } from './ask';
import { type Part, walkParts } from './parts';
import type { Mark } from './plan-view';
import { Rails } from './rails';

const SHOWN_LABELS = 8;

function Label({ label }: { label: LabelCount }) {
  return (
    <Popover
      label={`Values of ${label.name}`}
      className="part-values"
      button={(open, toggle) => (
        <button
          type="button"
          className="part-label"
          aria-expanded={open}
          onClick={(e) => {
            e.stopPropagation();
            toggle();
          }}
        >
          <span>{label.name}</span>
          <b>{label.values.toLocaleString('en')}</b>
        </button>
      )}
    >
      {() => (
        <dl className="label-table">
          {label.examples.map(([value, series]) => (
            <div key={value}>
              <dt>{series.toLocaleString('en')} ×</dt>
              <dd>{value || '""'}</dd>
            </div>
          ))}
          {label.values > label.examples.length && (
            <div>
              <dt />
              <dd className="muted">
                and {(label.values - label.examples.length).toLocaleString('en')} other values
              </dd>
            </div>
          )}
        </dl>
      )}
    </Popover>
  );
}

function State({ state }: { state: PartState | undefined }) {
  switch (state?.state) {
    case 'asking':
      return (
        <span className="part-state">
          <span className="spinner spinner-small" /> asking…
        </span>
      );
    case 'blocked':
      return <span className="part-state">not queried: a part of it failed</span>;
    case 'skipped':
      return <span className="part-state">not queried: the query has many parts</span>;
    case 'failed':
      return (
        <span className="part-state part-failed">
          <Icon name="error" size={13} />
          {state.error instanceof ApiError ? state.error.message : String(state.error)}
        </span>
      );
    case 'done':
      return (
        <span className="part-state">
          <span className={state.kind === 'vector' && state.series === 0 ? 'part-none' : 'part-count'}>
            {state.kind === 'scalar' || state.kind === 'string'
              ? state.kind
              : state.cut
                ? `more than ${MAX_SERIES.toLocaleString('en')} series`
                : state.series === 1
                  ? '1 series'
                  : `${state.series.toLocaleString('en')} series`}
          </span>
          <span>{formatValue(state.took / 1000, 'seconds', 2)}</span>
          {state.labels.slice(0, SHOWN_LABELS).map((label) => (
            <Label key={label.name} label={label} />
          ))}
          {state.labels.length > SHOWN_LABELS && (
            <span>{state.labels.length - SHOWN_LABELS} other labels</span>
          )}
        </span>
      );
    default:
      return <span className="part-state">…</span>;
  }
}

interface Line {
  part: Part;
  rails: boolean[];
  last: boolean;
}

function lines(root: Part): Line[] {
  const out: Line[] = [];
  const add = (part: Part, rails: boolean[], last: boolean) => {
    out.push({ part, rails, last });
    part.children.forEach((child, i) => {
      add(child, [...rails, i < part.children.length - 1], i === part.children.length - 1);
    });
  };
  add(root, [], true);
  return out;
}

/** The parts of a query, each with the series that it gives at a moment. */
export function PartsTree({
  root,
  time,
  attempt,
  chosen,
  onChoose,
  onMark,
}: {
  root: Part;
  time: number;
  attempt: number;
  chosen: number | null;
  onChoose: (index: number) => void;
  onMark: (mark: Mark | null) => void;
}) {
  const states = usePartStates(root, time, attempt);
  const tree = useRef<HTMLDivElement>(null);
  const all = lines(root);
  const current = chosen !== null && chosen < all.length ? chosen : 0;
  const onKey = (e: KeyboardEvent, index: number) => {
    const step = e.key === 'ArrowDown' ? 1 : e.key === 'ArrowUp' ? -1 : 0;
    const to =
      step !== 0 ? index + step : e.key === 'Home' ? 0 : e.key === 'End' ? all.length - 1 : undefined;
    if (to !== undefined && to >= 0 && to < all.length) {
      e.preventDefault();
      tree.current?.querySelector<HTMLElement>(`[data-part="${to}"]`)?.focus();
    }
  };
  return (
    <div
      className="parts"
      role="tree"
      aria-label="Parts of the query"
      ref={tree}
      onMouseLeave={() => onMark(null)}
    >
      {all.map(({ part, rails, last }) => (
        <div className="part" key={part.index} onMouseEnter={() => onMark(part)}>
          <Rails rails={rails} last={last} below={part.children.length > 0} />
          <button
            type="button"
            role="treeitem"
            aria-level={rails.length + 1}
            aria-selected={chosen === part.index}
            data-part={part.index}
            tabIndex={part.index === current ? 0 : -1}
            className="part-code"
            onClick={() => onChoose(part.index)}
            onKeyDown={(e) => onKey(e, part.index)}
            onFocus={() => onMark(part)}
            onBlur={() => onMark(null)}
          >
            {part.role && <span className="part-role">{part.role}</span>}
            <code>{part.short}</code>
          </button>
          <State state={states.get(part.index)} />
        </div>
      ))}
    </div>
  );
}

export const partAt = (root: Part, index: number): Part => walkParts(root)[index] ?? root;

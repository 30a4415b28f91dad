import { useMemo, useState } from 'react';
import type { LabelSet, VectorItem } from '../api/types';
import { useTheme } from '../app/theme';
import { seriesColor } from '../chart/palette';
import { Icon } from '../components/icons';
import { Button, Notice } from '../components/ui';
import { parseValue } from '../explore/shape';
import { labelName, quote } from '../lib/labels';
import { significant } from '../lib/units';
import { MAX_SERIES } from './ask';
import {
  type Group,
  type GroupState,
  groupState,
  type Member,
  matchGroups,
  ownLabels,
  type Problem,
  SET_OPERATORS,
} from './matching';
import type { Matching } from './parts';

const FIRST_GROUPS = 20;
const FIRST_MEMBERS = 8;

const ORDER: GroupState[] = ['problem', 'matched', 'left', 'right'];
const NAMES: Record<GroupState, string> = {
  problem: 'Conflicting',
  matched: 'Matched',
  left: 'Only left',
  right: 'Only right',
};

function Series({ labels }: { labels: LabelSet }) {
  const { __name__: name, ...rest } = labels;
  const list = Object.entries(rest).sort(([a], [b]) => a.localeCompare(b));
  return (
    <span className="match-series">
      {name && <span>{name}</span>}
      {list.length > 0 && (
        <span>
          {'{'}
          {list.map(([label, value], i) => (
            <span key={label}>
              {i > 0 && ', '}
              <span className="match-label">{labelName(label)}</span>={quote(value)}
            </span>
          ))}
          {'}'}
        </span>
      )}
      {!name && list.length === 0 && <span className="muted">{'{}'}</span>}
    </span>
  );
}

function shortValue(text: string): string {
  const value = parseValue(text);
  return Number.isFinite(value) ? significant(value, 6) : text;
}

/** The same colour stands at a series and at what came of it. */
function Swatch({ index }: { index: number }) {
  const theme = useTheme();
  return <span className="swatch" style={{ background: seriesColor(index, theme) }} />;
}

function Members({
  members,
  group,
  side,
  coloured,
}: {
  members: Member[];
  group: LabelSet;
  side: string;
  coloured: boolean;
}) {
  const [all, setAll] = useState(false);
  if (members.length === 0) return <div className="match-none">nothing on the {side}</div>;
  const shown = all ? members : members.slice(0, FIRST_MEMBERS);
  return (
    <ul className="match-members">
      {shown.map((m, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: members have no other identity and never move.
        <li key={i}>
          {coloured && <Swatch index={i} />}
          <Series labels={ownLabels(m.labels, group)} />
          <span className="match-value" title={m.value ?? undefined}>
            {m.value === null ? 'histogram' : `${shortValue(m.value)}${m.filled ? ' filled in' : ''}`}
          </span>
        </li>
      ))}
      {members.length > shown.length && (
        <li>
          <button type="button" className="plan-link" onClick={() => setAll(true)}>
            {(members.length - shown.length).toLocaleString('en')} others
          </button>
        </li>
      )}
    </ul>
  );
}

function Results({ group, m }: { group: Group; m: Matching }) {
  const [all, setAll] = useState(false);
  if (group.problem) return <div className="match-none">the query fails</div>;
  if (group.results.length === 0) return <div className="match-none">no result</div>;
  const shown = all ? group.results : group.results.slice(0, FIRST_MEMBERS);
  return (
    <ul className="match-members">
      {shown.map((r, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: as above.
        <li key={i} className={r.dropped ? 'is-dropped' : undefined}>
          {group.results.length > 1 && <Swatch index={r.from} />}
          <Series labels={r.labels} />
          <span className="match-value">
            {r.dropped ? `not ${m.op}` : r.value === null ? 'histogram' : shortValue(String(r.value))}
          </span>
        </li>
      ))}
      {group.results.length > shown.length && (
        <li>
          <button type="button" className="plan-link" onClick={() => setAll(true)}>
            {(group.results.length - shown.length).toLocaleString('en')} others
          </button>
        </li>
      )}
    </ul>
  );
}

function explainProblem(problem: Problem, m: Matching): string {
  switch (problem.kind) {
    case 'both':
      return 'Both sides have several series here, and no modifier allows that. Match on more labels, or aggregate one side first.';
    case 'many':
      return `The ${problem.side} has several series here. Allow that with group_${problem.side}(), match on more labels, or aggregate the ${problem.side} first.`;
    case 'one':
      return `group_${m.many} needs one series on the ${problem.side} for each match, but there are several here. Match on more labels, or aggregate the ${problem.side} first.`;
  }
}

/** Which series found which. */
export function MatchingView({
  left,
  right,
  matching,
  cut,
}: {
  left: VectorItem[];
  right: VectorItem[];
  matching: Matching;
  cut: boolean;
}) {
  const [state, setState] = useState<GroupState | null>(null);
  const [most, setMost] = useState(FIRST_GROUPS);
  const groups = useMemo(() => {
    const all = matchGroups(left, right, matching);
    return all
      .map((group) => ({ group, state: groupState(group) }))
      .sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  }, [left, right, matching]);
  const count = (of: GroupState) => groups.filter((g) => g.state === of).length;
  const shown = groups.filter((g) => state === null || g.state === state);
  if (groups.length === 0) {
    return (
      <Notice kind="info" title="Nothing to match">
        Neither side has a series at this time.
      </Notice>
    );
  }
  return (
    <div className="matching">
      {cut && (
        <Notice kind="warning">
          {`A side has more than ${MAX_SERIES.toLocaleString('en')} series: only the first are shown, so some matches are missing.`}
        </Notice>
      )}
      <div className="pills" role="group" aria-label="Groups">
        <button type="button" className="pill" aria-pressed={state === null} onClick={() => setState(null)}>
          All <span className="pill-count">{groups.length.toLocaleString('en')}</span>
        </button>
        {ORDER.filter((s) => count(s) > 0).map((s) => (
          <button
            key={s}
            type="button"
            className={`pill${s === 'problem' ? ' pill-bad' : ''}`}
            aria-pressed={state === s}
            onClick={() => setState(state === s ? null : s)}
          >
            {NAMES[s]} <span className="pill-count">{count(s).toLocaleString('en')}</span>
          </button>
        ))}
      </div>
      {shown.slice(0, most).map(({ group, state: of }) => (
        <article key={group.key} className={`match match-${of}`}>
          <header className="match-head">
            {of === 'problem' && <Icon name="error" size={14} />}
            {Object.keys(group.labels).length > 0 ? (
              <Series labels={group.labels} />
            ) : (
              <span className="muted">all series, no label in common</span>
            )}
          </header>
          <div className="match-sides">
            <Members
              members={group.left}
              group={group.labels}
              side="left"
              coloured={group.results.length > 1 && matching.many !== 'right' && group.left.length > 0}
            />
            <span className="match-op">{matching.op}</span>
            <Members
              members={group.right}
              group={group.labels}
              side="right"
              coloured={group.results.length > 1 && (matching.many === 'right' || group.left.length === 0)}
            />
            <span className="match-op">{SET_OPERATORS.includes(matching.op) ? '→' : '='}</span>
            <Results group={group} m={matching} />
          </div>
          {group.problem && <p className="match-problem">{explainProblem(group.problem, matching)}</p>}
        </article>
      ))}
      {shown.length > most && (
        <Button look="ghost" onClick={() => setMost(most * 5)}>
          {`Show more of ${shown.length.toLocaleString('en')} groups`}
        </Button>
      )}
    </div>
  );
}

/** What one part of a query does, in words. */
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useMetadata } from '../api/queries';
import { FUNCTIONS } from '../explore/functions';
import { partQuery, vectorOf } from './ask';
import { COMPARISONS, SET_OPERATORS } from './matching';
import { MatchingView } from './matching-view';
import { type MatcherText, type Matching, matcherText, type Part } from './parts';

const Code = ({ children }: { children: ReactNode }) => <code className="say-code">{children}</code>;

const MEANING: Record<string, string> = {
  '=': 'is exactly',
  '!=': 'is not',
  '=~': 'matches the whole regular expression',
  '!~': 'does not match the regular expression',
};

function Matcher({ matcher }: { matcher: MatcherText }) {
  return (
    <li>
      <Code>{matcherText(matcher)}</Code>
      <span>
        the label <b>{matcher.name}</b>{' '}
        {matcher.value === '' && (matcher.op === '=' || matcher.op === '!=')
          ? matcher.op === '='
            ? 'is absent'
            : 'is present'
          : `${MEANING[matcher.op] ?? matcher.op} “${matcher.value}”`}
      </span>
    </li>
  );
}

function shift(time: { offset: string; at: string }): string {
  const at = time.at ? `, as of ${time.at}` : '';
  if (!time.offset) return at;
  return time.offset.startsWith('-')
    ? `${at}, moved ${time.offset.slice(1)} into the future`
    : `${at}, moved ${time.offset} into the past`;
}

function Selector({ part }: { part: Part }) {
  const metadata = useMetadata().data?.data;
  if (part.detail.kind !== 'selector') return null;
  const { metric, matchers, range, mode, time } = part.detail;
  const entry = metadata?.[metric]?.[0] ?? metadata?.[metric.replace(/_(bucket|count|sum|total)$/, '')]?.[0];
  return (
    <>
      <p>
        {range ? (
          <>
            All samples of the last <b>{range}</b>
            {shift(time)}
            {mode === 'anchored' && ', with the last sample before the window'}
            {mode === 'smoothed' && ', interpolated at both ends of the window'}
          </>
        ) : mode === 'smoothed' ? (
          <>The value interpolated between the nearest samples{shift(time)}</>
        ) : (
          <>The newest sample, no older than the lookback (5 minutes unless set otherwise){shift(time)}</>
        )}
        , of every series{metric === '' && matchers.length === 0 ? '.' : ' that matches all of:'}
      </p>
      <ul className="say-list">
        {metric && (
          <li>
            <Code>{metric}</Code>
            <span>the name of the metric</span>
          </li>
        )}
        {matchers.map((m) => (
          <Matcher key={matcherText(m)} matcher={m} />
        ))}
      </ul>
      {entry && (
        <p className="say-metric">
          <span className={`badge badge-${entry.type}`}>{entry.type}</span> {entry.help}
        </p>
      )}
    </>
  );
}

const names = (list: string[]) =>
  list.map((name, i) => (
    <span key={name}>
      {i > 0 && (i === list.length - 1 ? ' and ' : ', ')}
      <b>{name}</b>
    </span>
  ));

const KEEPS = ['topk', 'bottomk', 'limitk', 'limit_ratio'];

function Aggregation({ part }: { part: Part }) {
  if (part.detail.kind !== 'aggregation') return null;
  const { op, by, without, labels } = part.detail;
  const keeps = KEEPS.includes(op);
  return (
    <>
      <p>{FUNCTIONS[op]?.help}</p>
      <p>
        {by && labels.length > 0 && (
          <>
            One group for each combination of {names(labels)}
            {keeps ? '; the selected series keep all their labels.' : '; all other labels are dropped.'}
          </>
        )}
        {without && labels.length > 0 && (
          <>
            Groups are formed by all labels except {names(labels)}
            {keeps
              ? '; the selected series keep all their labels.'
              : ', which are dropped with the metric name.'}
          </>
        )}
        {without && labels.length === 0 && 'Each set of labels is a separate group.'}
        {!without && labels.length === 0 && (
          <>
            All series form one group
            {keeps ? (
              '.'
            ) : (
              <>
                : the result has no labels. <Code>by (…)</Code> would keep some.
              </>
            )}
          </>
        )}
      </p>
    </>
  );
}

function Call({ part }: { part: Part }) {
  if (part.detail.kind !== 'call') return null;
  const { name } = part.detail;
  const help = FUNCTIONS[name];
  return help ? (
    <>
      <p>{help.help}</p>
      <p className="muted">
        <Code>{`${name}(${help.args.join(', ')}) → ${help.returns}`}</Code>
      </p>
    </>
  ) : (
    <p>
      Calls <Code>{name}</Code>.
    </p>
  );
}

function Rules({ m }: { m: Matching }) {
  const many = m.many;
  const one = many === 'left' ? 'right' : 'left';
  const set = SET_OPERATORS.includes(m.op);
  return (
    <ul className="say-list say-rules">
      <li>
        {m.on ? (
          m.labels.length > 0 ? (
            <span>
              Series match when they agree on {names(m.labels)} (<Code>on</Code>).
            </span>
          ) : (
            <span>
              All series match each other (<Code>on ()</Code>).
            </span>
          )
        ) : m.labels.length > 0 ? (
          <span>
            Series match when they agree on all labels except {names(m.labels)} (<Code>ignoring</Code>).
          </span>
        ) : (
          <span>Series match when all their labels agree, ignoring the metric name.</span>
        )}
      </li>
      {set ? (
        <li>
          {m.op === 'and' && 'Keeps series of the left side that match one on the right.'}
          {m.op === 'unless' && 'Keeps series of the left side that match none on the right.'}
          {m.op === 'or' &&
            'Keeps all series of the left side, and those of the right side without a match on the left.'}
        </li>
      ) : many ? (
        <li>
          <span>
            Each series of the {one} can match several of the {many} (<Code>group_{many}</Code>)
            {m.include.length > 0 && <> and adds its labels {names(m.include)}</>}.
          </span>
        </li>
      ) : (
        <li>Each series matches at most one of the other side.</li>
      )}
      {COMPARISONS.includes(m.op) && (
        <li>
          {m.bool
            ? 'The result is 1 where the comparison is true and 0 elsewhere.'
            : 'Keeps series of the left side, with their values, where the comparison is true.'}
        </li>
      )}
      {(m.fillLeft !== null || m.fillRight !== null) && (
        <li>
          {m.fillLeft !== null && `Without a match on the left, ${m.fillLeft} is used. `}
          {m.fillRight !== null && `Without a match on the right, ${m.fillRight} is used.`}
        </li>
      )}
    </ul>
  );
}

function Binary({ part, time, attempt }: { part: Part; time: number; attempt: number }) {
  const detail = part.detail.kind === 'binary' ? part.detail : null;
  const number = detail?.sides.some((side) => side.number) ?? false;
  const ask = (i: 0 | 1) => ({
    ...partQuery(detail?.sides[i].text ?? '', time, attempt),
    enabled: detail !== null && !number,
  });
  const left = useQuery(ask(0)).data;
  const right = useQuery(ask(1)).data;
  if (!detail) return null;
  const m = detail.matching;
  const scalar = number || left?.data.resultType === 'scalar' || right?.data.resultType === 'scalar';
  if (scalar) {
    return (
      <p>
        {COMPARISONS.includes(m.op)
          ? m.bool
            ? 'Compares every value with a number: 1 where the comparison is true, 0 elsewhere.'
            : 'Keeps the series for which the comparison with the number is true.'
          : 'Applies the number to every series; the metric name is dropped.'}
      </p>
    );
  }
  return (
    <>
      <Rules m={m} />
      {left && right && left.data.resultType === 'vector' && right.data.resultType === 'vector' && (
        <MatchingView
          left={vectorOf(left.data)}
          right={vectorOf(right.data)}
          matching={m}
          cut={left.cut || right.cut}
        />
      )}
    </>
  );
}

const TITLES: Record<Part['detail']['kind'], string> = {
  selector: 'Selector',
  subquery: 'Subquery',
  call: 'Function',
  aggregation: 'Aggregation',
  binary: 'Binary operator',
  unary: 'Sign',
  literal: 'Literal',
};

function title(part: Part): string {
  if (part.detail.kind === 'selector') return part.detail.range ? 'Window of samples' : 'Newest samples';
  if (part.detail.kind === 'binary') return `Operator ${part.detail.matching.op}`;
  if (part.detail.kind === 'aggregation') return `Aggregation ${part.detail.op}`;
  if (part.detail.kind === 'call') return `Function ${part.detail.name}`;
  return TITLES[part.detail.kind];
}

export function Description({ part, time, attempt }: { part: Part; time: number; attempt: number }) {
  const { detail } = part;
  return (
    <section className="say" aria-label={title(part)}>
      <h3>{title(part)}</h3>
      <pre className="say-text">{part.short}</pre>
      {detail.kind === 'selector' && <Selector part={part} />}
      {detail.kind === 'aggregation' && <Aggregation part={part} />}
      {detail.kind === 'call' && <Call part={part} />}
      {detail.kind === 'binary' && <Binary part={part} time={time} attempt={attempt} />}
      {detail.kind === 'unary' && (
        <p>{detail.op === '-' ? 'Negates every value; the metric name is dropped.' : 'Changes nothing.'}</p>
      )}
      {detail.kind === 'subquery' && (
        <p>
          Evaluates the inner expression at every <b>{detail.step || 'default evaluation interval'}</b> of the
          last <b>{detail.range}</b>
          {shift(detail.time)}, and uses the results as samples.
        </p>
      )}
      {detail.kind === 'literal' && <p>The same for all times and series.</p>}
    </section>
  );
}

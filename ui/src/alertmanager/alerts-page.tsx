/** Alerts as their receivers hear of them: in groups, without those that are kept back. */
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import { Annotations } from '../alerts/parts';
import { ErrorNotice } from '../api/errors';
import { Icon } from '../components/icons';
import { Moment } from '../components/moment';
import { Button, Empty, Loading, Select } from '../components/ui';
import { counted } from '../lib/units';
import {
  type Alert,
  type AlertGroup,
  type AlertQuery,
  useGroups,
  useReceiverDeliveries,
  useReceivers,
} from './api';
import { failingReceivers } from './deliveries';
import { Frame, NewSilence } from './frame';
import { distinct, groupedBy, labelNames, mostUrgentFirst, urgentFirst } from './grouping';
import {
  type Matcher,
  matcherOf,
  matchersOf,
  operatorOf,
  readableMatchers,
  readMatchers,
  writeMatcher,
  writeMatchers,
} from './matchers';
import { Why } from './why';

const FIRST_ALERTS = 20;
const FIRST_GROUPS = 50;
/** Groups that are open when the page is, if they are so few. */
const FEW_GROUPS = 8;
const MOST_NAMES = 15;

const KEPT_BACK = ['silenced', 'inhibited', 'muted'] as const;

/** What the address asks for; as in Alertmanager, alerts that are kept back are not shown unless it says so. */
export function readQuery(search: Record<string, string>): AlertQuery {
  return {
    filter: readableMatchers(search.filter ?? ''),
    receiver: search.receiver ?? '',
    active: search.active !== 'false',
    silenced: search.silenced === 'true',
    inhibited: search.inhibited === 'true',
    muted: search.muted === 'true',
  };
}

function KeptBack({ alert }: { alert: Alert }) {
  const { silencedBy, inhibitedBy, mutedBy = [] } = alert.status;
  return (
    <>
      {silencedBy.map((id) => (
        <Link key={id} to="/alertmanager/silences/$id" params={{ id }} className="badge badge-pending">
          silenced
        </Link>
      ))}
      {inhibitedBy.length > 0 && (
        <span className="badge badge-pending" title={`by ${inhibitedBy.join(', ')}`}>
          inhibited
        </span>
      )}
      {mutedBy.length > 0 && <span className="badge badge-pending">muted by {mutedBy.join(', ')}</span>}
    </>
  );
}

function OneAlert(props: { alert: Alert; omit: string[]; onFilter: (matcher: Matcher) => void }) {
  const { alert } = props;
  const [why, setWhy] = useState(false);
  const since = Date.parse(alert.startsAt);
  return (
    <div className="am-alert">
      <div className="am-alert-text">
        <span className="chips">
          {Object.entries(alert.labels)
            .filter(([name]) => !props.omit.includes(name))
            .sort(([a], [b]) => (a === 'alertname' ? -1 : b === 'alertname' ? 1 : a.localeCompare(b)))
            .map(([name, value]) => (
              <button
                key={name}
                type="button"
                className="chip chip-button"
                title={`Only ${name}="${value}"`}
                onClick={() => props.onFilter(matcherOf(name, '=', value))}
              >
                <span className="chip-name">{name}</span>
                <span className="chip-value">{value}</span>
              </button>
            ))}
          <KeptBack alert={alert} />
        </span>
        <Annotations annotations={alert.annotations} />
        {why && <Why alert={alert} />}
      </div>
      <div className="am-alert-side">
        <span className="muted">
          since <Moment ms={since} />
        </span>
        {alert.generatorURL && /^https?:/.test(alert.generatorURL) && (
          <a href={alert.generatorURL} className="button button-ghost" rel="noreferrer">
            Source
          </a>
        )}
        <button
          type="button"
          className="button button-ghost"
          aria-expanded={why}
          onClick={() => setWhy(!why)}
        >
          Why?
        </button>
        <Link
          to="/alertmanager/silences/$id"
          params={{ id: 'new' }}
          search={{ filter: writeMatchers(matchersOf(alert.labels)) } as never}
          className="button button-ghost"
        >
          Silence
        </Link>
      </div>
    </div>
  );
}

function Group(props: {
  group: AlertGroup;
  open: boolean;
  filter: Matcher[];
  onFilter: (matcher: Matcher) => void;
}) {
  const { group } = props;
  const [open, setOpen] = useState(props.open);
  const [most, setMost] = useState(FIRST_ALERTS);
  const alerts = useMemo(() => (open ? urgentFirst(group.alerts) : []), [open, group.alerts]);
  const names = Object.entries(group.labels);
  const omit = Object.keys(group.labels);
  const failure = failingReceivers(useReceiverDeliveries().data ?? []).get(group.receiver.name ?? '');
  const silence = writeMatchers([
    ...props.filter.filter((matcher) => !(matcher.name in group.labels)),
    ...matchersOf(group.labels),
  ]);
  return (
    <section className="card am-group">
      <div className="am-group-head">
        <button type="button" className="discovery-head" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name={open ? 'down' : 'right'} size={15} />
          <span className="chips">
            {names.length === 0 && <span className="muted">not grouped</span>}
            {names.map(([name, value]) => (
              <span className="chip" key={name}>
                <span className="chip-name">{name}</span>
                <span className="chip-value">{value}</span>
              </span>
            ))}
          </span>
          <span className="am-count">{counted(group.alerts.length, 'alert')}</span>
          {group.receiver.name && <span className="muted">to {group.receiver.name}</span>}
          {failure && (
            <span className="badge badge-err" title={failure}>
              failing
            </span>
          )}
        </button>
        {silence !== '' && (
          <Link
            to="/alertmanager/silences/$id"
            params={{ id: 'new' }}
            search={{ filter: silence } as never}
            className="button button-ghost"
          >
            Silence all
          </Link>
        )}
      </div>
      {open && (
        <div className="am-alerts">
          {alerts.slice(0, most).map((alert) => (
            <OneAlert key={alert.fingerprint} alert={alert} omit={omit} onFilter={props.onFilter} />
          ))}
          {alerts.length > most && (
            <Button look="ghost" onClick={() => setMost(most * 5)}>
              {`Show more of ${alerts.length.toLocaleString('en')}`}
            </Button>
          )}
        </div>
      )}
    </section>
  );
}

/** Matchers in the address, with a field that adds others. */
export function FilterBar(props: {
  filter: Matcher[];
  onChange: (filter: Matcher[]) => void;
  label: string;
}) {
  const [text, setText] = useState('');
  const [problem, setProblem] = useState('');
  const add = () => {
    try {
      const more = readMatchers(text);
      if (more.length === 0) return;
      const known = new Set(props.filter.map(writeMatcher));
      props.onChange([...props.filter, ...more.filter((one) => !known.has(writeMatcher(one)))]);
      setText('');
      setProblem('');
    } catch (e) {
      setProblem(e instanceof Error ? e.message : String(e));
    }
  };
  return (
    <form
      className="am-filter"
      onSubmit={(e) => {
        e.preventDefault();
        add();
      }}
    >
      <span className="search-field">
        <Icon name="search" size={15} />
        <input
          type="search"
          aria-label={props.label}
          placeholder={'severity="page", instance=~"db-.+"'}
          value={text}
          spellCheck={false}
          autoComplete="off"
          aria-invalid={problem !== ''}
          onChange={(e) => {
            setText(e.target.value);
            setProblem('');
          }}
        />
      </span>
      <Button type="submit" disabled={text.trim() === ''}>
        Add
      </Button>
      {props.filter.map((matcher) => (
        <button
          key={writeMatcher(matcher)}
          type="button"
          className="chip matcher-chip chip-button"
          title="Remove this filter"
          onClick={() => props.onChange(props.filter.filter((one) => one !== matcher))}
        >
          <span className="matcher-name">{matcher.name}</span>
          <b>{operatorOf(matcher)}</b>
          <span className="chip-value">{matcher.value || '""'}</span>
          <Icon name="close" size={12} />
        </button>
      ))}
      {problem && (
        <span className="field-problem" role="alert">
          {problem}
        </span>
      )}
    </form>
  );
}

export function GroupsPage() {
  const search = useSearch({ strict: false }) as Record<string, string>;
  const navigate = useNavigate();
  const query = useMemo(() => readQuery(search), [search]);
  const groups = useGroups(query);
  // Alerts that notifications leave out are counted, so that the number agrees with that of the rules.
  const everything = useGroups({ ...query, silenced: true, inhibited: true, muted: true });
  const receivers = useReceivers();
  const [most, setMost] = useState(FIRST_GROUPS);
  const change = useCallback(
    (patch: Record<string, string>) =>
      void navigate({
        to: '/alertmanager/alerts',
        search: { ...search, ...patch } as never,
        replace: true,
        resetScroll: false,
      }),
    [navigate, search],
  );
  const setFilter = useCallback((filter: Matcher[]) => change({ filter: writeMatchers(filter) }), [change]);
  const addFilter = useCallback(
    (matcher: Matcher) => {
      const known = query.filter.some((one) => writeMatcher(one) === writeMatcher(matcher));
      if (!known) setFilter([...query.filter, matcher]);
    },
    [query.filter, setFilter],
  );
  const all = groups.data ?? [];
  const by = search.group ?? '';
  const shown = useMemo(
    () => mostUrgentFirst(by ? groupedBy(all, by.split(',').filter(Boolean)) : all),
    [all, by],
  );
  const names = useMemo(() => labelNames(all).slice(0, MOST_NAMES), [all]);
  const count = useMemo(() => distinct(all), [all]);
  const hidden = Math.max(0, distinct(everything.data ?? []) - count);
  const filtered = query.filter.length > 0 || query.receiver !== '';
  const unreadable = search.filter && query.filter.length === 0;
  return (
    <Frame
      title="Alerts by receiver"
      lead={
        groups.data
          ? `${counted(count, 'alert')} in ${counted(shown.length, 'group')}${
              hidden > 0 ? `; ${counted(hidden, 'alert')} silenced, inhibited or muted` : ''
            }`
          : undefined
      }
      actions={<NewSilence filter={writeMatchers(query.filter)} />}
    >
      <div className="filters am-filters">
        <FilterBar label="Filter alerts by labels" filter={query.filter} onChange={setFilter} />
        <div className="filter-fields">
          <Select
            label="Receiver"
            value={query.receiver}
            choices={[
              { value: '', label: 'All receivers' },
              ...(receivers.data ?? []).map(({ name }) => ({ value: name, label: name })),
            ]}
            hideLabel
            onChange={(value) => change({ receiver: value })}
          />
          <Select
            label="Groups"
            value={by}
            choices={[
              { value: '', label: 'As routed' },
              ...[...new Set([...(by ? [by] : []), ...names])].map((name) => ({
                value: name,
                label: `By ${name}`,
              })),
            ]}
            hideLabel
            onChange={(value) => change({ group: value })}
          />
          <div className="pills" role="group" aria-label="Also show">
            {KEPT_BACK.map((word) => (
              <button
                key={word}
                type="button"
                className="pill"
                aria-pressed={query[word]}
                title={`Also show ${word} alerts`}
                onClick={() => change({ [word]: query[word] ? '' : 'true' })}
              >
                {word}
              </button>
            ))}
          </div>
        </div>
      </div>
      {unreadable && (
        <p className="field-problem" role="alert">
          The filter in the URL is not valid: {search.filter}
        </p>
      )}
      {groups.error && <ErrorNotice error={groups.error} />}
      {groups.isPending && <Loading label="Loading alerts" />}
      {groups.data && shown.length === 0 && (
        <Empty
          icon={filtered ? 'search' : 'alerts'}
          title={filtered ? 'No alert matches' : 'No active alerts'}
        >
          {filtered
            ? 'Change the filters, or show silenced, inhibited and muted alerts.'
            : hidden > 0
              ? `${counted(hidden, 'alert')} silenced, inhibited or muted. Use the buttons above to show them.`
              : 'This Alertmanager has no active alerts.'}
        </Empty>
      )}
      {shown.slice(0, most).map((group) => (
        <Group
          key={`${group.receiver.name} ${JSON.stringify(group.labels)}`}
          group={group}
          open={shown.length <= FEW_GROUPS}
          filter={query.filter}
          onFilter={addFilter}
        />
      ))}
      {shown.length > most && (
        <Button look="ghost" onClick={() => setMost(most * 4)}>
          {`Show more of ${shown.length.toLocaleString('en')} groups`}
        </Button>
      )}
    </Frame>
  );
}

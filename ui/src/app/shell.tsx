import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { isReady } from '../api/client';
import { queryClient, useBuildInfo, useCount, useNotifications, useWalReplay } from '../api/queries';
import { Icon, Mark } from '../components/icons';
import { Button, Dialog } from '../components/ui';
import { sidebarOpen, utcTime } from '../lib/store';
import { formatAgo } from '../lib/time';
import { GROUPS, placeOf } from './navigation';
import { usePath } from './page-tabs';
import { has, isAgent, offer } from './parts';
import { GlobalSearch } from './search';
import { COMMAND_KEY, SHORTCUTS, useCommandKey, useShortcut } from './shortcuts';
import { toggleTheme, useTheme } from './theme';

/** Whether there is a store to ask. */
const queries = has('prometheus') && !isAgent;

/** Asks until the server is ready, then rests; an unreachable server is asked again. */
function useReadiness() {
  return useQuery({
    queryKey: ['ready'],
    queryFn: ({ signal }) => isReady(signal),
    staleTime: 0,
    refetchInterval: (query) => (query.state.data === 'ready' ? 15_000 : 1500),
  });
}

/** Shortcuts of groups and of single pages. */
const SHORTCUT_PAGES = GROUPS.flatMap((group) => [
  { key: group.key, to: group.pages[0]?.views[0]?.to ?? '/' },
  ...group.pages.flatMap((page) => (page.key ? [{ key: page.key, to: page.views[0]?.to ?? '/' }] : [])),
]);

function usePageShortcuts() {
  const navigate = useNavigate();
  for (const { key, to } of SHORTCUT_PAGES) {
    // biome-ignore lint/correctness/useHookAtTopLevel: the list is fixed when the document is read.
    useShortcut(`g ${key}`, () => void navigate({ to }));
  }
}

function Badge({ count, kind, label }: { count: number; kind: 'bad' | 'warn'; label: string }) {
  return count > 0 ? (
    <span className={`nav-badge nav-badge-${kind}`} title={`${count} ${label}`}>
      {count > 99 ? '99+' : count}
      <span className="visually-hidden"> {label}</span>
    </span>
  ) : null;
}

function Navigation({ path, ready }: { path: string; ready: boolean }) {
  // Counted by the server: the lists themselves may be megabytes.
  const down = useCount('count(up == 0)', ready && queries);
  const firing = useCount('count(ALERTS{alertstate="firing"})', ready && queries);
  const here = placeOf(path)?.group;
  return (
    <nav className="nav" aria-label="Pages">
      {GROUPS.map((group) => (
        <Link
          key={group.name}
          to={group.pages[0]?.views[0]?.to ?? '/'}
          className="nav-item"
          activeProps={{}}
          aria-current={group === here ? 'page' : undefined}
          title={group.name}
        >
          <Icon name={group.icon} size={19} />
          <span className="nav-name">{group.name}</span>
          {group.name === 'Data' && <Badge count={down} kind="bad" label="targets down" />}
          {group.name === 'Alerts' && <Badge count={firing} kind="warn" label="alerts firing" />}
        </Link>
      ))}
    </nav>
  );
}

/** Problems of the server itself, such as a configuration that did not load. */
function Notices({ ready }: { ready: boolean }) {
  const notices = useNotifications(ready && has('prometheus'));
  const [closed, setClosed] = useState('');
  const open = notices.filter((n) => `${n.date} ${n.text}` > closed);
  if (open.length === 0) return null;
  return (
    <div className="banner" role="alert">
      <Icon name="warning" size={16} />
      <span className="banner-text">
        {open.map((n) => (
          <span key={`${n.date} ${n.text}`}>
            {n.text}
            <span className="banner-when"> {formatAgo(Date.parse(n.date), Date.now())}</span>
          </span>
        ))}
      </span>
      <Button
        icon="close"
        look="ghost"
        label="Hide"
        onClick={() =>
          setClosed(
            open
              .map((n) => `${n.date} ${n.text}`)
              .sort()
              .at(-1) ?? '',
          )
        }
      />
    </div>
  );
}

function Starting() {
  const replay = useWalReplay(has('prometheus')).data?.data;
  const total = replay ? replay.max - replay.min + 1 : 0;
  const done = replay ? replay.current - replay.min + 1 : 0;
  const share = total > 0 ? Math.min(1, Math.max(0, done / total)) : null;
  return (
    <div className="starting" role="status">
      <Mark size={56} />
      <h1>The server is starting</h1>
      <p className="muted">
        {share === null
          ? queries
            ? 'Queries are available once the write-ahead log is replayed.'
            : 'The configuration is being read.'
          : `Replaying the write-ahead log: segment ${Math.max(0, done)} of ${total}.`}
      </p>
      <div className={`progress${share === null ? ' progress-unknown' : ''}`}>
        <i style={{ width: share === null ? undefined : `${share * 100}%` }} />
      </div>
    </div>
  );
}

function ShortcutHelp({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog title="Keyboard and mouse" open={open} onClose={onClose}>
      <div className="shortcuts">
        {SHORTCUTS.map((group) => (
          <section key={group.title}>
            <h3>{group.title}</h3>
            <dl>
              {group.keys.map(([keys, what]) => (
                <div key={keys}>
                  <dt>
                    {(group.mouse ? [keys] : keys.split(' ')).map((key, i) => (
                      <kbd key={`${key}${String(i)}`}>{key}</kbd>
                    ))}
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

export function Shell() {
  const path = usePath();
  const theme = useTheme();
  const open = sidebarOpen.use();
  const utc = utcTime.use();
  const [help, setHelp] = useState(false);
  const [searching, setSearching] = useState(false);
  const readiness = useReadiness().data;
  const build = useBuildInfo(has('prometheus')).data?.data ?? { version: offer.version, revision: '' };
  const wasReady = useRef(true);

  useEffect(() => {
    // What failed while the server was away is asked again when it is back.
    if (readiness === 'ready' && !wasReady.current)
      void queryClient.invalidateQueries({ predicate: (q) => q.queryKey[0] !== 'ready' });
    if (readiness !== undefined) wasReady.current = readiness === 'ready';
  }, [readiness]);

  useShortcut('?', () => setHelp(true));
  useShortcut('d', toggleTheme);
  useCommandKey('k', () => setSearching(true));
  usePageShortcuts();

  return (
    <div className={`shell${open ? '' : ' is-narrow'}`}>
      {/* No link to #main: under <base href> it would lead to another page. */}
      <button type="button" className="skip-link" onClick={() => document.getElementById('main')?.focus()}>
        Skip to content
      </button>
      <header className="side">
        <Link to="/" className="brand" aria-label="Tethys start page">
          <Mark />
          <span className="brand-name">Tethys</span>
        </Link>
        <button
          type="button"
          className="side-search"
          title="Search (Ctrl K)"
          onClick={() => setSearching(true)}
        >
          <Icon name="search" size={16} />
          <span className="nav-name">Search</span>
          <kbd className="nav-name">{COMMAND_KEY} K</kbd>
        </button>
        <Navigation path={path} ready={readiness === 'ready'} />
        <div className="side-foot">
          <Button
            icon={theme === 'dark' ? 'sun' : 'moon'}
            look="ghost"
            label={theme === 'dark' ? 'Light theme' : 'Dark theme'}
            onClick={toggleTheme}
          />
          <button
            type="button"
            className="button button-ghost zone-switch"
            aria-label={utc ? 'Times in UTC. Show local time' : 'Times in local time. Show UTC'}
            title={utc ? 'Times in UTC. Show local time' : 'Times in local time. Show UTC'}
            onClick={() => utcTime.set(!utc)}
          >
            {utc ? 'UTC' : 'Local'}
          </button>
          <Button
            icon="keyboard"
            look="ghost"
            label="Keyboard shortcuts"
            className="wide-only"
            onClick={() => setHelp(true)}
          />
          <Button
            icon="sidebar"
            look="ghost"
            label={open ? 'Collapse sidebar' : 'Expand sidebar'}
            className="wide-only"
            onClick={() => sidebarOpen.set(!open)}
          />
          {build?.version && (
            <span className="version" title={build.revision}>{`v${build.version.replace(/^v/, '')}`}</span>
          )}
        </div>
      </header>
      <div className="stage">
        {readiness === 'unreachable' && (
          <div className="banner" role="alert">
            <Icon name="warning" size={16} />
            <span>The server does not respond. The page may be out of date. Retrying…</span>
          </div>
        )}
        <Notices ready={readiness === 'ready'} />
        <main id="main" className="main" tabIndex={-1}>
          {readiness === 'starting' ? <Starting /> : <Outlet />}
        </main>
      </div>
      <ShortcutHelp open={help} onClose={() => setHelp(false)} />
      {searching && <GlobalSearch onClose={() => setSearching(false)} />}
    </div>
  );
}

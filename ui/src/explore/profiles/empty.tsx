import { CopyButton, Empty } from '../../components/ui';
import '../logs/logs-explore.css';
import '../logs/logs-lines.css';

const origin = () => `${location.origin}${new URL(document.baseURI).pathname.replace(/\/$/, '')}`;

/** Ways to send profiles to this server, each as a command. */
export function sendingWays(base: string): { title: string; what: string; command: string }[] {
  return [
    {
      title: 'pprof',
      what: 'A CPU profile of a Go program.',
      command: `curl -s 'http://localhost:6060/debug/pprof/profile?seconds=10' | curl --data-binary @- '${base}/ingest?name=shop&format=pprof'`,
    },
    {
      title: 'Folded stacks',
      what: 'Two test stacks by curl.',
      command: `now=$(date +%s); printf 'main;pay 12\\nmain;cart 30\\n' | curl --data-binary @- "${base}/ingest?name=shop&format=groups&from=$((now-10))&until=$now"`,
    },
    {
      title: 'Pyroscope SDK',
      what: 'Go, Java, Python, Ruby, Node.js, .NET and Rust.',
      command: `export PYROSCOPE_SERVER_ADDRESS=${base} PYROSCOPE_APPLICATION_NAME=shop`,
    },
  ];
}

export function NoProfilesYet() {
  return (
    <>
      <Empty icon="graph" title="No profiles received yet">
        The store has no profiles. This page shows the first one as soon as it arrives.
      </Empty>
      <div className="logs-ways">
        {sendingWays(origin()).map((way) => (
          <section key={way.title} className="logs-way" aria-label={way.title}>
            <header>
              <h3>{way.title}</h3>
              <CopyButton label="Copy command" text={way.command} />
            </header>
            <p>{way.what}</p>
            <pre>{way.command}</pre>
          </section>
        ))}
      </div>
    </>
  );
}

export function NoProfileStore() {
  return (
    <Empty icon="graph" title="No profile store">
      This server has no profile store: it does not serve <code>/pyroscope</code>.
    </Empty>
  );
}

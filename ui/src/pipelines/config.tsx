/** The configuration of the graph, with the component that a link names in sight. */
import { ErrorNotice, isMissing } from '../api/errors';
import { Empty, Loading } from '../components/ui';
import { Yaml } from '../components/yaml';
import { useGraphConfig } from './api';
import { definedAt } from './model';

export function GraphConfig({ kind, component }: { kind: string; component: string }) {
  const config = useGraphConfig(true);
  if (config.isPending) return <Loading label="Loading configuration" />;
  if (config.error)
    return isMissing(config.error) ? (
      <Empty icon="pipelines" title="This server does not expose its configuration" />
    ) : (
      <ErrorNotice error={config.error} />
    );
  return (
    <section className="card yaml-card">
      <p className="muted yaml-note">Merged from all sources: current key names, secrets masked.</p>
      <Yaml text={config.data} line={definedAt(config.data, kind, component)} />
    </section>
  );
}

import { ErrorNotice } from '../api/errors';
import { CopyButton, Loading, PageHead } from '../components/ui';
import { Yaml } from '../components/yaml';
import { useLogConfig } from './api';

export function LogConfigPage() {
  const config = useLogConfig();
  return (
    <div className="page">
      <PageHead title="Configuration" />
      {config.error && <ErrorNotice error={config.error} />}
      {config.isPending && <Loading label="Loading configuration" />}
      {config.data !== undefined && (
        <section className="card config">
          <header className="config-head">
            <span className="muted">As read, secrets hidden</span>
            <CopyButton text={config.data} label="Copy the configuration" />
          </header>
          <Yaml text={config.data} />
        </section>
      )}
    </div>
  );
}

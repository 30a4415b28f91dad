import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../api/client';
import { ErrorNotice, isMissing } from '../api/errors';
import { Button, Dialog, Loading, Notice } from '../components/ui';
import { Yaml } from '../components/yaml';

/** The configuration of a scrape job in a window. */
export function PoolConfig({ pool }: { pool: string }) {
  const [open, setOpen] = useState(false);
  const config = useQuery({
    queryKey: ['pool-config', pool],
    queryFn: ({ signal }) => call<{ yaml: string }>('scrape_pools/config', { scrapePool: pool }, signal),
    enabled: open,
  });
  return (
    <>
      <Button look="ghost" icon="rules" label={`Configuration of ${pool}`} onClick={() => setOpen(true)} />
      <Dialog title={`Configuration of ${pool}`} open={open} onClose={() => setOpen(false)}>
        {isMissing(config.error) ? (
          <Notice kind="info">
            This server does not report the configuration of a scrape job. Status → Configuration shows it in
            full.
          </Notice>
        ) : config.error ? (
          <ErrorNotice error={config.error} />
        ) : config.data ? (
          <Yaml text={config.data.data.yaml} />
        ) : (
          <Loading label="Loading configuration" />
        )}
      </Dialog>
    </>
  );
}

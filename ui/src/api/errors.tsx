import { Notice } from '../components/ui';
import { ApiError } from './client';

const TITLES: Record<string, string> = {
  bad_data: 'The query is not valid',
  execution: 'The query could not be executed',
  timeout: 'The query took too long',
  canceled: 'The query was cancelled',
  unreachable: 'The server cannot be reached',
  not_found: 'Not found',
  conflict: 'Not possible',
  invalid_configuration: 'The configuration is not valid',
  unavailable: 'Not available',
};

/** Whether the server does not know the endpoint, for pages that then show less. */
export const isMissing = (error: unknown) => error instanceof ApiError && error.missing;

export function ErrorNotice({ error }: { error: unknown }) {
  if (error instanceof ApiError) {
    if (error.message.includes('unavailable with Prometheus Agent')) {
      return (
        <Notice kind="info" title="This is an agent">
          An agent forwards data and stores nothing to query. Only its targets and configuration are
          available.
        </Notice>
      );
    }
    const title = error.notReady
      ? 'The server is not ready yet'
      : (TITLES[error.kind] ?? 'The request failed');
    return (
      <Notice kind="error" title={title}>
        <span className="mono-text">{error.message}</span>
      </Notice>
    );
  }
  return (
    <Notice kind="error" title="Something went wrong">
      {error instanceof Error ? error.message : String(error)}
    </Notice>
  );
}

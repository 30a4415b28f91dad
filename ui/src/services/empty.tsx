import { Link } from '@tanstack/react-router';
import { Empty } from '../components/ui';
import { SendTraces } from '../explore/traces/empty';

/** Empty state: explains how to send spans. */
export function NoServices({ range }: { range: string }) {
  return (
    <>
      <Empty
        icon="plan"
        title="No services"
        actions={
          <Link to="/explore/traces" className="button button-plain">
            Explore traces
          </Link>
        }
      >
        No spans were received in {range}, and no node agent observed requests. Services and their map are
        computed from arriving spans and from requests observed by <Link to="/nodes">node agents</Link>.
      </Empty>
      <SendTraces />
    </>
  );
}

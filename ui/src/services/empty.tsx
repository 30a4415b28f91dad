import { Link } from '@tanstack/react-router';
import { Empty } from '../components/ui';
import { SendTraces } from '../explore/traces/empty';

/** Services come from spans and from node agents: how to send some. */
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
        No spans were received in {range}, and no node agent saw requests. Services and their map are computed
        from spans as they arrive, and from what the <Link to="/nodes">node agents</Link> of machines see.
      </Empty>
      <SendTraces />
    </>
  );
}

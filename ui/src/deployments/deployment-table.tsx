/** Deployments with their versions, times and status. */
import { Link } from '@tanstack/react-router';
import { Ago, EntityLink } from '../insight/parts';
import { roughDuration } from '../lib/time';
import { counted } from '../lib/units';
import { DEPLOYMENT_BADGES, versionText } from './model';
import type { Deployment } from './types';

const instancesText = ({ instancesBefore, instancesAfter }: Deployment) =>
  instancesBefore === instancesAfter
    ? counted(instancesAfter, 'instance')
    : `${instancesBefore} → ${counted(instancesAfter, 'instance')}`;

export function DeploymentTable({ deployments, named }: { deployments: Deployment[]; named: boolean }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
    <div className="table-scroll" role="region" aria-label="Deployment list" tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Deployed</th>
            {named && <th scope="col">Service</th>}
            <th scope="col">Version</th>
            <th scope="col">Status</th>
            <th scope="col">Rollout</th>
            <th scope="col">Instances</th>
          </tr>
        </thead>
        <tbody>
          {deployments.map((one) => (
            <tr key={one.id}>
              <td>
                <Ago ms={one.start * 1000} />
              </td>
              {named && (
                <td>
                  <EntityLink entity={one.service} />
                </td>
              )}
              <td>
                <Link to="/deployments/$id" params={{ id: one.id } as never} title="Compare before and after">
                  {versionText(one.changes)}
                </Link>
              </td>
              <td>
                <span className={`badge badge-${DEPLOYMENT_BADGES[one.status] ?? 'none'}`}>{one.status}</span>
              </td>
              <td>
                {one.end === null ? 'not ended' : roughDuration(Math.max(0, one.end - one.start) * 1000)}
              </td>
              <td>{instancesText(one)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

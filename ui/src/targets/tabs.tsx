import { Link } from '@tanstack/react-router';
import { has } from '../app/parts';

/** The pages on what comes in; those of the push gateway inside of the server among them. */
export function TargetTabs() {
  return (
    <nav className="tabs" aria-label="Targets">
      <Link to="/targets" className="tab" activeProps={{ 'aria-current': 'page' }}>
        Scraping
      </Link>
      <Link to="/service-discovery" className="tab" activeProps={{ 'aria-current': 'page' }}>
        Discovery
      </Link>
      {has('pushgateway') && (
        <Link to="/pushgateway" className="tab" activeProps={{ 'aria-current': 'page' }}>
          Pushed
        </Link>
      )}
    </nav>
  );
}

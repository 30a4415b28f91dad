import { Link } from '@tanstack/react-router';

/** What is read, and what was found to be read. */
export function LogTabs() {
  return (
    <nav className="tabs" aria-label="Targets">
      <Link to="/targets" className="tab" activeProps={{ 'aria-current': 'page' }}>
        Files and sources
      </Link>
      <Link to="/service-discovery" className="tab" activeProps={{ 'aria-current': 'page' }}>
        Discovery
      </Link>
    </nav>
  );
}

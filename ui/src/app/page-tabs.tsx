/** Tabs of the group that a page belongs to, and the views of the page. */
import { Link, useRouterState } from '@tanstack/react-router';
import { placeOf } from './navigation';

export const usePath = (): string =>
  useRouterState({ select: (s) => s.location.pathname.replace(/(.)\/$/, '$1') });

export function PageTabs() {
  const place = placeOf(usePath());
  if (!place) return null;
  const { group, page, view } = place;
  return (
    <>
      {group.pages.length > 1 && (
        <nav className="tabs" aria-label={group.name}>
          {group.pages.map((one) => (
            <Link
              key={one.name}
              to={one.views[0]?.to ?? '/'}
              className="tab"
              // /fleet is a part of the addresses of other pages.
              activeOptions={{ exact: true }}
              activeProps={{}}
              aria-current={one === page ? 'page' : undefined}
            >
              {one.name}
            </Link>
          ))}
        </nav>
      )}
      {page.views.length > 1 && (
        <nav className="views" aria-label={`Views of ${page.name}`}>
          {page.views.map((one) => (
            <Link
              key={one.to}
              to={one.to}
              className="view"
              activeOptions={{ exact: true }}
              activeProps={{}}
              aria-current={one === view ? 'page' : undefined}
            >
              {one.name}
            </Link>
          ))}
        </nav>
      )}
    </>
  );
}

/** Button of Explore that adds its query to a dashboard. The form is loaded when it is opened. */
import { lazy, Suspense, useState } from 'react';
import { Button } from '../components/ui';
import type { PanelKind, Signal } from './model';

export interface AddedPanel {
  signal: Signal;
  query: string;
  kind: PanelKind;
  profileType?: string;
  /** Read at the end of the range, as a table. */
  instant?: boolean;
}

const Form = lazy(() => import('./add-dialog').then((m) => ({ default: m.AddDialog })));

export function AddToDashboard({ panel, named }: { panel: AddedPanel; named?: boolean }) {
  const [open, setOpen] = useState(false);
  if (panel.query.trim() === '') return null;
  return (
    <>
      <Button
        icon="graph"
        look={named ? 'plain' : 'ghost'}
        label="Add to dashboard"
        onClick={() => setOpen(true)}
      >
        {named ? 'Add to dashboard' : undefined}
      </Button>
      {open && (
        <Suspense>
          <Form panel={panel} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}

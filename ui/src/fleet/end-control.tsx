/** Button that ends a live control, after a question for the reason. */
import { useState } from 'react';
import { Button } from '../components/ui';
import { useEnd } from './api';
import { ChangeDialog } from './frame';

export function EndControl({ id, name }: { id: string; name: 'control' | 'quota' }) {
  const end = useEnd();
  const [asked, ask] = useState(false);
  return (
    <span className="fleet-actions">
      <Button onClick={() => ask(true)}>End {name}</Button>
      {asked && (
        <ChangeDialog
          title={`End ${name} ${id}`}
          action="End"
          danger
          onClose={() => ask(false)}
          onSubmit={(reason) => end(id, reason)}
        >
          <p>All agents stop applying it at once. Its counts are kept.</p>
        </ChangeDialog>
      )}
    </span>
  );
}

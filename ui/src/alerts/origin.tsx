/** Where a rule group comes from. Groups of the ruler API can be removed here. */
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ErrorNotice } from '../api/errors';
import type { RuleGroup } from '../api/types';
import { Button, Dialog } from '../components/ui';
import { removeRuleGroup } from '../explore/logs/api';
import { EXPLORE, namespaceOf } from '../explore/logs/ruler';

export function Origin({ group }: { group: RuleGroup }) {
  const namespace = namespaceOf(group);
  return namespace === null ? (
    <p className="muted rule-origin">
      From the rule file <code>{group.file}</code>. Edit the file to change or remove the rule.
    </p>
  ) : (
    <div className="rule-origin">
      <span className="muted">
        Created by {namespace === EXPLORE ? 'Explore' : "Loki's ruler API"}, namespace{' '}
        <code>{namespace}</code>, tenant <code>{group.tenant}</code>.
      </span>
      <Remove namespace={namespace} group={group} />
    </div>
  );
}

function Remove({ namespace, group }: { namespace: string; group: RuleGroup }) {
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const close = () => {
    setOpen(false);
    setProblem(null);
  };
  const remove = async () => {
    setBusy(true);
    try {
      await removeRuleGroup(namespace, group);
      close();
      await client.invalidateQueries({ queryKey: ['rules'] });
    } catch (error) {
      setProblem(error);
    }
    setBusy(false);
  };
  return (
    <>
      <Button look="danger" onClick={() => setOpen(true)}>
        Remove
      </Button>
      <Dialog title={`Remove rule group ${group.name}?`} open={open} onClose={close}>
        <p>
          {group.rules.length === 1 ? 'Its rule is' : `Its ${group.rules.length} rules are`} no longer
          evaluated, and firing alerts are resolved.
        </p>
        <ul className="rule-names">
          {group.rules.map((rule, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a group may hold a rule twice.
            <li key={`${rule.name} ${i}`}>{rule.name}</li>
          ))}
        </ul>
        {problem !== null && <ErrorNotice error={problem} />}
        <div className="dialog-foot">
          <Button onClick={close}>Keep it</Button>
          <Button look="danger" disabled={busy} onClick={() => void remove()}>
            Remove it
          </Button>
        </div>
      </Dialog>
    </>
  );
}

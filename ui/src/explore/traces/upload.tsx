import { useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { Button, Notice } from '../../components/ui';
import { formatValue } from '../../lib/units';
import { MAX_FILE_BYTES, readTraceFile } from './file';
import { setLocalFile } from './local';

/** Opens a trace file in this browser. Nothing is sent to the server. */
export function UploadButton() {
  const navigate = useNavigate();
  const input = useRef<HTMLInputElement>(null);
  const [error, setError] = useState('');
  const open = async (file: File) => {
    try {
      if (file.size > MAX_FILE_BYTES)
        throw new Error(
          `${file.name} has ${formatValue(file.size, 'bytes', 3)}; at most ${formatValue(MAX_FILE_BYTES, 'bytes', 3)} can be opened.`,
        );
      const { format, traces } = readTraceFile(await file.text());
      setLocalFile({ name: file.name, format, traces });
      setError('');
      void navigate({ to: `/explore/traces/${traces[0]?.id}`, search: { local: '1' } as never });
    } catch (e) {
      setError(e instanceof Error ? e.message : String(e));
    }
  };
  return (
    <>
      <input
        ref={input}
        type="file"
        accept=".json,.jsonl,application/json"
        aria-label="Trace file"
        className="visually-hidden"
        tabIndex={-1}
        onChange={(e) => {
          const file = e.target.files?.[0];
          e.target.value = '';
          if (file) void open(file);
        }}
      />
      <Button icon="download" className="traces-upload" onClick={() => input.current?.click()}>
        Open file
      </Button>
      {error && (
        <Notice kind="error" title="File not opened">
          {error}
        </Notice>
      )}
    </>
  );
}

/** Reads lines of JSON as they come; what is not JSON is passed over. */
export async function readJsonLines<T>(
  body: ReadableStream<Uint8Array>,
  each: (value: T) => void,
): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + decoder.decode(value, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      if (part.trim() === '') continue;
      try {
        each(JSON.parse(part) as T);
      } catch {
        // A line that was cut; the next one is whole again.
      }
    }
  }
}

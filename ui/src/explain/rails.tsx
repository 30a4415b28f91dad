/** The lines that join a step to what stands around it. */
export function Rails({ rails, last, below }: { rails: boolean[]; last: boolean; below: boolean }) {
  return (
    <span className="rails" aria-hidden="true">
      {rails.map((passes, i) => {
        const own = i === rails.length - 1;
        const kind = own ? (last ? 'rail-end' : 'rail-branch') : passes ? 'rail-pass' : '';
        // biome-ignore lint/suspicious/noArrayIndexKey: a rail is its depth.
        return <i key={i} className={`rail ${kind}`} />;
      })}
      {below && <i className="rail-down" style={{ left: `${rails.length * 20 + 10}px` }} />}
    </span>
  );
}

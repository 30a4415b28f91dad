/** Names and values in a card; what has no value is left out. */
export function Facts({ title, facts }: { title: string; facts: [string, string | undefined | null][] }) {
  return (
    <section className="card facts">
      <h2>{title}</h2>
      <dl>
        {facts
          .filter((fact): fact is [string, string] => Boolean(fact[1]))
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
    </section>
  );
}

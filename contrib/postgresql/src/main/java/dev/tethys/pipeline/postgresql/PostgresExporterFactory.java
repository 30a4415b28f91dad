package dev.tethys.pipeline.postgresql;

import dev.tethys.config.Type;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Checkable;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.exporter.tables.TableRequestEncoder;
import dev.tethys.pipeline.naming.BoundedNames;
import dev.tethys.pipeline.naming.NamedEncoder;
import java.util.List;
import java.util.Set;

/** Creates {@code postgresql} exporters; found as a service. */
public final class PostgresExporterFactory
    implements ExporterFactory<PostgresSettings>, Checkable<PostgresSettings> {
  @Override
  public String type() {
    return "postgresql";
  }

  @Override
  public List<String> aliases() {
    return List.of("timescaledb");
  }

  @Override
  public String about() {
    return "Writes metrics, logs and traces to PostgreSQL or TimescaleDB.";
  }

  @Override
  public Type<PostgresSettings> settings() {
    return PostgresSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS, Signal.LOGS, Signal.TRACES);
  }

  @Override
  public Exporter create(PostgresSettings s, Signal signal, Context context) {
    return context.exporter(
        s.delivery(),
        signal,
        NamedEncoder.marked(
            new BoundedNames(
                s.names(signal), s.maxNames(), context.metrics(), context.id().toString(), signal),
            new NamedEncoder.Series(s.rows().otlp(), true),
            new TableRequestEncoder(s.rows(), false)),
        new PostgresSender(pool(s, context), s));
  }

  private static PostgresPool pool(PostgresSettings s, Context context) {
    return new PostgresPool(s.address(), ClientAuth.of(s.auth(), context));
  }

  @Override
  public Set<Signal> tried() {
    return Set.of(Signal.METRICS, Signal.LOGS);
  }

  @Override
  public ExporterProbe probe(PostgresSettings s, Signal signal, Context context) {
    return new PostgresProbe(pool(s, context), s, signal);
  }
}

package dev.tethys.pipeline.exporter.kdb;

import dev.tethys.config.Type;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Checkable;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.exporter.tables.TableRequestEncoder;
import dev.tethys.pipeline.naming.BoundedNames;
import dev.tethys.pipeline.naming.NamedEncoder;
import dev.tethys.web.kdb.KdbClient;
import java.util.Set;

/** Creates {@code kdb} exporters. */
public final class KdbExporterFactory
    implements ExporterFactory<KdbSettings>, Checkable<KdbSettings> {
  @Override
  public String type() {
    return "kdb";
  }

  @Override
  public String about() {
    return "Writes metrics to kdb+: a tickerplant, or a process with keyed tables.";
  }

  @Override
  public Type<KdbSettings> settings() {
    return KdbSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS);
  }

  @Override
  public Exporter create(KdbSettings s, Signal signal, Context context) {
    return context.exporter(
        s.delivery(),
        signal,
        NamedEncoder.marked(
            new BoundedNames(
                s.prefix(), s.maxNames(), context.metrics(), context.id().toString(), signal),
            new NamedEncoder.Series(s.rows().otlp(), true),
            new TableRequestEncoder(s.rows(), true)),
        new KdbSender(new KdbClient(s.address()), s, context.clock()::millis));
  }

  @Override
  public ExporterProbe probe(KdbSettings s, Signal signal, Context context) {
    return new KdbProbe(new KdbClient(s.address()), s, context.clock()::millis);
  }
}

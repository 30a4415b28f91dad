package dev.tethys.pipeline.destination.parquet;

import dev.tethys.config.Type;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Checkable;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.DestinationProbe;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.destination.rows.LeftOut;
import dev.tethys.pipeline.destination.tables.TableParcels;
import dev.tethys.web.client.HttpClientFactory;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Objects;
import java.util.Set;

/** Makes {@code parquet} exporters. */
public final class ParquetExporterFactory
    implements ExporterFactory<ParquetSettings>, Checkable<ParquetSettings> {
  private final HttpClientFactory clients;

  /**
   * @param clients the process's; not closed here
   */
  public ParquetExporterFactory(HttpClientFactory clients) {
    this.clients = clients;
  }

  @Override
  public String type() {
    return "parquet";
  }

  @Override
  public String about() {
    return "Writes metrics, logs and traces as files of Parquet, in a folder or at S3.";
  }

  @Override
  public Type<ParquetSettings> settings() {
    return ParquetSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS, Signal.LOGS, Signal.TRACES);
  }

  private FileTarget target(ParquetSettings s, Context context) {
    InstantSource clock = () -> Instant.ofEpochMilli(context.clock().millis());
    return s.s3() == null
        ? new DirectoryTarget(Objects.requireNonNull(s.directory()), clock)
        : new S3Target(s.s3(), clients, s.delivery().timeout(), clock);
  }

  @Override
  public Exporter create(ParquetSettings s, Signal signal, Context context) {
    return context.exporter(
        s.delivery(),
        signal,
        new TableParcels(s.rows(), false),
        new ParquetSender(
            s,
            signal,
            target(s, context),
            context.clock(),
            new LeftOut(context.metrics(), context.id() + "/" + signal)));
  }

  @Override
  public DestinationProbe probe(ParquetSettings s, Context context) {
    return new ParquetProbe(s, target(s, context));
  }
}

package dev.tethys.pipeline.exporter.awss3;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.s3.S3Client;
import java.time.Instant;
import java.util.Locale;
import java.util.Set;

/** Creates {@code awss3} exporters. */
public final class AwsS3ExporterFactory implements ExporterFactory<AwsS3Settings> {
  private final HttpClientFactory clients;

  /**
   * @param clients the process's; not closed here
   */
  public AwsS3ExporterFactory(HttpClientFactory clients) {
    this.clients = clients;
  }

  @Override
  public String type() {
    return "awss3";
  }

  @Override
  public String about() {
    return "Stores traces, metrics and logs as objects of S3.";
  }

  @Override
  public Type<AwsS3Settings> settings() {
    return AwsS3Settings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS, Signal.LOGS, Signal.TRACES);
  }

  @Override
  public Exporter create(AwsS3Settings s, Signal signal, Context context) {
    if (s.marshaler().isOfLogs() && signal != Signal.LOGS) {
      throw new ConfigException(
          context.name(),
          ObjectEncoder.word(signal)
              + " are not supported by the marshaler "
              + s.marshaler().name().toLowerCase(Locale.ROOT)
              + "; set marshaler to otlp_json or otlp_proto");
    }
    return context.exporter(
        s.delivery(),
        signal,
        new ObjectEncoder(s, signal, new ObjectKeys(s, signal, context.clock()::millis)),
        new ObjectSender(
            new S3Client(
                s.location(),
                clients,
                s.delivery().timeout(),
                () -> Instant.ofEpochMilli(context.clock().millis()),
                s.retry())));
  }
}

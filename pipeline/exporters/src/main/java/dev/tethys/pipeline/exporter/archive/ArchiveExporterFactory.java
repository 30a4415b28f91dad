package dev.tethys.pipeline.exporter.archive;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.Type;
import dev.tethys.model.file.RealFiles;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.archive.ArchiveUpload;
import dev.tethys.pipeline.archive.ArchiveWriter;
import dev.tethys.pipeline.client.S3Settings;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.s3.S3Client;
import dev.tethys.web.s3.S3Retry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Creates {@code archive} exporters. Those with one directory share the archive. */
public final class ArchiveExporterFactory implements ExporterFactory<ArchiveSettings> {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private final HttpClientFactory clients;

  @GuardedBy("itself")
  private final Map<Path, ArchiveExporter.Shared> archives = new HashMap<>();

  /**
   * @param clients the process's; not closed here
   */
  public ArchiveExporterFactory(HttpClientFactory clients) {
    this.clients = clients;
  }

  @Override
  public String type() {
    return "archive";
  }

  @Override
  public String about() {
    return "Archives traces, metrics, logs and profiles in a directory or S3, to be replayed.";
  }

  @Override
  public Type<ArchiveSettings> settings() {
    return ArchiveSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return EnumSet.allOf(Signal.class);
  }

  @Override
  public Exporter create(ArchiveSettings settings, Signal signal, Context context) {
    Path folder = settings.directory().toAbsolutePath().normalize();
    ArchiveExporter.Shared shared;
    synchronized (archives) {
      shared = archives.get(folder);
      if (shared == null) {
        shared =
            new ArchiveExporter.Shared(
                new ArchiveWriter(
                    new RealFiles(), folder, context.clock()::millis, settings.bounds()));
        archives.put(folder, shared);
      }
      S3Settings s3 = settings.s3();
      shared.use(s3, s3 == null ? null : upload(folder, s3, context));
    }
    return new ArchiveExporter(settings, shared, signal, context, context.account(signal));
  }

  private ArchiveUpload upload(Path folder, S3Settings s3, Context context) {
    return new ArchiveUpload(
        new RealFiles(),
        folder,
        new S3Client(
            s3.location(),
            clients,
            TIMEOUT,
            () -> Instant.ofEpochMilli(context.clock().millis()),
            S3Retry.USUAL),
        s3);
  }
}

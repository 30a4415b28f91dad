package dev.tethys.pipeline.exporter.parquet;

import dev.tethys.config.Type;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Checkable;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.delivery.UnsupportedItemCounter;
import dev.tethys.pipeline.exporter.tables.TableRequestEncoder;
import dev.tethys.web.client.HttpClientFactory;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Creates {@code parquet} exporters. */
public final class ParquetExporterFactory
    implements ExporterFactory<ParquetSettings>, Checkable<ParquetSettings> {
  private static final Pattern URL = Pattern.compile("(file|s3|https?)://([^/]*)((?:/.*)?)");

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
  public Duration holds(ParquetSettings s) {
    return s.fileAge();
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
        new TableRequestEncoder(s.rows(), false),
        new ParquetSender(
            s,
            signal,
            target(s, context),
            context.clock(),
            new UnsupportedItemCounter(context.metrics(), context.id() + "/" + signal)));
  }

  /**
   * Parses a folder {@code file:///folder}, a bucket {@code s3://bucket/prefix}, or {@code
   * http://host:9000/bucket/prefix} for another S3-compatible service.
   */
  @Override
  public Map<String, String> keysOf(String url) {
    Map<String, String> keys = new LinkedHashMap<>();
    Matcher m = URL.matcher(url);
    if (!m.matches()) {
      throw new IllegalArgumentException(
          "\""
              + url
              + "\" must be file:///folder, s3://bucket/prefix or http://host:9000/bucket/prefix");
    }
    String path = m.group(3);
    if (m.group(1).equals("file")) {
      keys.put("directory", path);
      return keys;
    }
    String[] parts = path.replaceAll("^/+", "").split("/", 2);
    boolean amazon = m.group(1).equals("s3");
    keys.put("s3.bucket", amazon ? m.group(2) : parts[0]);
    keys.put("s3.prefix", amazon ? path : parts.length > 1 ? parts[1] : "");
    if (!amazon) {
      keys.put("s3.endpoint", m.group(1) + "://" + m.group(2));
      keys.put("s3.force_path_style", "true");
    }
    return keys;
  }

  @Override
  public Set<Signal> tried() {
    return signals();
  }

  @Override
  public ExporterProbe probe(ParquetSettings s, Signal signal, Context context) {
    return new ParquetProbe(s, signal, target(s, context), context.clock()::millis);
  }
}

package dev.tethys.collect.database.mysql;

import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.MetricsSource;
import dev.tethys.collect.exporter.Probe;
import dev.tethys.collect.exporter.ProbeException;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Running exporter for its own server and for servers named by a target parameter. */
final class MysqldExporter implements Exporter {
  private static final System.Logger LOG = JulLogger.of(MysqldExporter.class.getName());
  private static final Duration TIME_LIMIT = Duration.ofMinutes(1);
  private static final String CLIENT = "client";

  /**
   * Login source.
   *
   * @param file optional
   */
  record Source(
      Path file,
      String address,
      String user,
      boolean skipVerify,
      Function<String, @Nullable String> environment) {
    MyCnf read() throws IOException {
      return MyCnf.read(file, address, user, environment);
    }
  }

  private final Source source;
  private final SequencedSet<String> collectors;
  private final MysqlServer.Options options;
  private final Duration offset;
  private final Registry about = new Registry();
  private volatile MyCnf logins;
  private volatile boolean good = true;
  private volatile double readAt;

  MysqldExporter(
      Source source, SequencedSet<String> collectors, MysqlServer.Options options, Duration offset)
      throws IOException {
    this.source = source;
    this.collectors = collectors;
    this.options = options;
    this.offset = offset;
    this.logins = source.read();
    this.readAt = System.currentTimeMillis() / 1000.0;
    try {
      logins.address(CLIENT, "", source.skipVerify);
    } catch (IllegalArgumentException e) {
      if (logins.sections().size() == 1) {
        throw e;
      }
      LOG.log(Level.WARNING, "{0}: {1}", source.file, e.getMessage()); // targets have theirs
    }
    about.gauge(
        "mysqld_exporter_config_last_reload_successful",
        "1 if the last reload of the configuration file succeeded, 0 otherwise.",
        () -> good ? 1 : 0);
    about.gauge(
        "mysqld_exporter_config_last_reload_success_timestamp_seconds",
        "Time of the last successful reload of the configuration file, Unix seconds.",
        () -> readAt);
  }

  @Override
  public MetricsSource metrics() {
    return p -> scrape(p, CLIENT, p.param("target"));
  }

  @Override
  public Map<String, MetricsSource> probes() {
    return Map.of(
        "/probe",
        p -> {
          String section = p.param("auth_module");
          return scrape(p, section.isEmpty() ? CLIENT : section, p.required("target"));
        });
  }

  private List<MetricFamily> scrape(Probe p, String section, String target) {
    MyCnf from = logins;
    if (!from.has(section)) {
      throw new ProbeException(400, "Could not find config section [" + section + "]");
    }
    MysqlAddress address;
    try {
      address = from.address(section, target, source.skipVerify);
    } catch (IllegalArgumentException e) {
      throw new ProbeException(
          400, "Error forming dsn from config section [" + section + "]: " + e.getMessage());
    }
    LinkedHashSet<String> some = new LinkedHashSet<>(collectors);
    some.retainAll(p.params().all("collect[]"));
    return new MysqlServer(address, some.isEmpty() ? collectors : some, options)
        .scrape(Deadline.in(p.limit(offset, TIME_LIMIT)));
  }

  @Override
  public Collector about() {
    return about;
  }

  @Override
  public void reload() throws IOException {
    try {
      logins = source.read();
      good = true;
      readAt = System.currentTimeMillis() / 1000.0;
    } catch (IOException | IllegalArgumentException e) {
      good = false;
      throw new IOException(source.file + ": " + e.getMessage(), e);
    }
  }

  @Override
  public boolean reloads() {
    return true;
  }

  @Override
  public void close() {}
}

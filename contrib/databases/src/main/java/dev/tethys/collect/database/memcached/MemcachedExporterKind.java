package dev.tethys.collect.database.memcached;

import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ExporterDependencies;
import dev.tethys.collect.exporter.ExporterFlag;
import dev.tethys.collect.exporter.ExporterFlag.Kind;
import dev.tethys.collect.exporter.ExporterKind;
import dev.tethys.collect.exporter.ExporterSettings;
import dev.tethys.collect.exporter.MetricsSource;
import dev.tethys.collect.exporter.process.PidFileProcess;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.Counter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code tethys exporter memcached}: compatible with memcached_exporter and its flags. */
public final class MemcachedExporterKind implements ExporterKind {
  @Override
  public String name() {
    return "memcached";
  }

  @Override
  public String title() {
    return "Memcached Exporter";
  }

  @Override
  public String program() {
    return "memcached_exporter";
  }

  @Override
  public String address() {
    return ":9150";
  }

  @Override
  public String about() {
    return "Reports metrics of memcached servers as memcached_exporter does.";
  }

  @Override
  public List<ExporterFlag> flags() {
    return List.of(
        ExporterFlag.of(
            "memcached.address",
            Kind.STRING,
            "localhost:11211",
            "Memcached server address, or the path of its Unix socket."),
        ExporterFlag.of("memcached.timeout", Kind.DURATION, "1s", "Timeout of a whole scrape."),
        ExporterFlag.of(
            "memcached.pid-file",
            Kind.PATH,
            "",
            "PID file of memcached, whose process metrics are exported too."),
        ExporterFlag.of(
            "memcached.tls.enable", Kind.BOOLEAN, "false", "Enable TLS connections to memcached."),
        ExporterFlag.of("memcached.tls.cert-file", Kind.PATH, "", "Client certificate file."),
        ExporterFlag.of("memcached.tls.key-file", Kind.PATH, "", "Client private key file."),
        ExporterFlag.of("memcached.tls.ca-file", Kind.PATH, "", "Client root CA file."),
        ExporterFlag.of(
            "memcached.tls.insecure-skip-verify",
            Kind.BOOLEAN,
            "false",
            "Skip server certificate verification."),
        ExporterFlag.of(
            "memcached.tls.server-name", Kind.STRING, "", "Name in the server's certificate."),
        ExporterFlag.of(
            "web.scrape-path", Kind.STRING, "/scrape", "Path of metrics of other servers."));
  }

  @Override
  public Exporter open(ExporterSettings s, ExporterDependencies dependencies) {
    String address = s.get("memcached.address");
    TlsConfig tls = null;
    if (s.bool("memcached.tls.enable")) {
      if (address.contains("/")) {
        throw new IllegalArgumentException(
            "--memcached.tls.enable: memcached does not support TLS on a Unix socket");
      }
      tls =
          new TlsConfig(
              "",
              s.get("memcached.tls.ca-file"),
              "",
              s.get("memcached.tls.cert-file"),
              Secret.NONE,
              s.get("memcached.tls.key-file"),
              s.get("memcached.tls.server-name"),
              s.bool("memcached.tls.insecure-skip-verify"),
              null,
              null);
    }
    return new Opened(
        address,
        Duration.ofMillis(s.millis("memcached.timeout")),
        tls,
        s.get("web.scrape-path"),
        s.get("memcached.pid-file"));
  }

  private static final class Opened implements Exporter {
    private final String address;
    private final Duration timeout;
    private final @Nullable TlsConfig tls;
    private final String path;
    private final @Nullable PidFileProcess process;
    private final Registry about = new Registry();
    private final Counter scrapes =
        about.counter("memcached_exporter_scrapes_total", "Scrapes of servers named by a target.");
    private final Counter errors =
        about.counter("memcached_exporter_scrape_errors_total", "Scrapes that named no target.");

    Opened(String address, Duration timeout, @Nullable TlsConfig tls, String path, String pidFile) {
      this.process = pidFile.isEmpty() ? null : new PidFileProcess("memcached", Path.of(pidFile));
      this.address = address;
      this.timeout = timeout;
      this.tls = tls;
      this.path = path;
    }

    private MetricsSource of(String server) {
      return p ->
          new MemcachedServer(server, timeout, tls)
              .scrape(Deadline.in(p.limit(Duration.ZERO, timeout)));
    }

    @Override
    public @Nullable MetricsSource metrics() {
      PidFileProcess own = process;
      if (own == null) {
        return address.isEmpty() ? null : of(address);
      }
      return p -> {
        List<MetricFamily> all =
            new ArrayList<>(address.isEmpty() ? List.of() : of(address).collect(p));
        all.addAll(own.families());
        return all;
      };
    }

    @Override
    public Map<String, MetricsSource> probes() {
      return Map.of(
          path,
          p -> {
            scrapes.inc();
            if (p.param("target").isEmpty()) {
              errors.inc();
            }
            return of(p.required("target")).collect(p);
          });
    }

    @Override
    public Collector about() {
      return about;
    }

    @Override
    public void close() {}
  }
}

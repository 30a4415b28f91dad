package dev.tethys.collect.exporter.haproxy;

import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ExporterDependencies;
import dev.tethys.collect.exporter.ExporterFlag;
import dev.tethys.collect.exporter.ExporterFlag.Kind;
import dev.tethys.collect.exporter.ExporterKind;
import dev.tethys.collect.exporter.ExporterSettings;
import dev.tethys.collect.exporter.MetricsSource;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Description of haproxy_exporter. */
public final class Haproxy implements ExporterKind {
  @Override
  public String name() {
    return "haproxy";
  }

  @Override
  public String title() {
    return "HAProxy Exporter";
  }

  @Override
  public String program() {
    return "haproxy_exporter";
  }

  @Override
  public String address() {
    return ":9101";
  }

  @Override
  public String about() {
    return "Reports the statistics of an HAProxy as haproxy_exporter does.";
  }

  @Override
  public List<ExporterFlag> flags() {
    return List.of(
        ExporterFlag.of(
            "haproxy.scrape-uri",
            Kind.SECRET,
            "http://localhost/;csv",
            "URI of the HAProxy statistics: http, https, unix:/path or tcp://host:port."),
        ExporterFlag.of(
            "haproxy.ssl-verify", Kind.BOOLEAN, "true", "Verify the certificate of the server."),
        ExporterFlag.of(
            "haproxy.server-metric-fields",
            Kind.STRING,
            HaproxyColumn.SERVER.stream()
                .map(c -> String.valueOf(c.index()))
                .collect(Collectors.joining(",")),
            "Exported columns of servers, separated by commas."),
        ExporterFlag.of(
            "haproxy.server-exclude-states",
            Kind.STRING,
            "",
            "Excluded states of servers, separated by commas."),
        ExporterFlag.of("haproxy.timeout", Kind.DURATION, "5s", "Timeout of requests to HAProxy."),
        ExporterFlag.of(
            "haproxy.pid-file",
            Kind.PATH,
            "",
            "PID file of HAProxy, whose process metrics are exported too."),
        ExporterFlag.of(
            "http.proxy-from-env", Kind.BOOLEAN, "false", "Uses the proxy of the environment."));
  }

  @Override
  public Exporter open(ExporterSettings settings, ExporterDependencies dependencies)
      throws IOException {
    HaproxyStats stats = new HaproxyStats(settings, dependencies);
    return new Exporter() {
      @Override
      public @Nullable MetricsSource metrics() {
        return stats;
      }

      @Override
      public Map<String, MetricsSource> probes() {
        return Map.of();
      }

      @Override
      public void close() {}
    };
  }
}

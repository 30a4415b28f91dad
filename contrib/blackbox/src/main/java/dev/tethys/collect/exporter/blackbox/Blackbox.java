package dev.tethys.collect.exporter.blackbox;

import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ExporterDependencies;
import dev.tethys.collect.exporter.ExporterFlag;
import dev.tethys.collect.exporter.ExporterFlag.Kind;
import dev.tethys.collect.exporter.ExporterKind;
import dev.tethys.collect.exporter.ExporterSettings;
import java.io.IOException;
import java.util.List;

/** Description of blackbox_exporter. */
public final class Blackbox implements ExporterKind {
  @Override
  public String name() {
    return "blackbox";
  }

  @Override
  public String title() {
    return "Blackbox Exporter";
  }

  @Override
  public String program() {
    return "blackbox_exporter";
  }

  @Override
  public String address() {
    return ":9115";
  }

  @Override
  public String about() {
    return "Probes targets over HTTP, TCP, DNS, ICMP, gRPC, Unix sockets and WebSocket, as"
        + " blackbox_exporter does.";
  }

  @Override
  public List<ExporterFlag> flags() {
    return List.of(
        ExporterFlag.of(
            "config.file", Kind.PATH, "blackbox.yml", "Blackbox exporter configuration file."),
        ExporterFlag.of(
            "timeout-offset", Kind.FLOAT, "0.5", "Offset to subtract from timeout in seconds."),
        ExporterFlag.of(
            "config.check", Kind.BOOLEAN, "false", "Validate the config file and then exit."),
        ExporterFlag.of(
            "log.prober", Kind.STRING, "info", "Level of probe logs: debug, info, warn, error."),
        ExporterFlag.of(
            "config.enable-auto-reload",
            Kind.BOOLEAN,
            "false",
            "If true, changes of the configuration file are detected and loaded while probes are"
                + " served."),
        ExporterFlag.of(
            "config.auto-reload-interval",
            Kind.INTEGER,
            "30",
            "Interval between checks for changes, in seconds."),
        ExporterFlag.of(
            "history.limit", Kind.INTEGER, "100", "Maximum number of probes kept in the history."),
        ExporterFlag.of("web.external-url", Kind.STRING, "", "External URL of the pages."),
        ExporterFlag.of("web.route-prefix", Kind.STRING, "", "Path prefix of all pages."));
  }

  @Override
  public boolean takesInlineConfig() {
    return true;
  }

  @Override
  public int maxConcurrentProbes() {
    return 1000;
  }

  @Override
  public Exporter open(ExporterSettings settings, ExporterDependencies dependencies)
      throws IOException {
    return new BlackboxExporter(settings, dependencies);
  }
}

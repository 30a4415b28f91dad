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
    return "Shows targets as they are seen from outside (HTTP, TCP, DNS, ICMP, gRPC, Unix,"
        + " WebSocket), as blackbox_exporter does.";
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
            "log.prober",
            Kind.STRING,
            "info",
            "Level of logs of probes: debug, info, warn, error."),
        ExporterFlag.of(
            "config.enable-auto-reload",
            Kind.BOOLEAN,
            "false",
            "Look for changes of the file while probes come in."),
        ExporterFlag.of(
            "config.auto-reload-interval",
            Kind.INTEGER,
            "30",
            "How often to look for changes, in seconds."),
        ExporterFlag.of(
            "history.limit", Kind.INTEGER, "100", "How many probes are kept in the history."),
        ExporterFlag.of(
            "web.external-url", Kind.STRING, "", "The URL under which the pages are reached."),
        ExporterFlag.of(
            "web.route-prefix", Kind.STRING, "", "What the paths of all pages begin with."));
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

package dev.tethys.collect.exporter.snmp;

import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ExporterDependencies;
import dev.tethys.collect.exporter.ExporterFlag;
import dev.tethys.collect.exporter.ExporterFlag.Kind;
import dev.tethys.collect.exporter.ExporterKind;
import dev.tethys.collect.exporter.ExporterSettings;
import dev.tethys.config.YamlNode;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** {@code tethys exporter snmp}: replacement of snmp_exporter, with its flags and its file. */
public final class SnmpExporterKind implements ExporterKind {
  private static final int MAX_AT_ONCE = 64;

  @Override
  public String name() {
    return "snmp";
  }

  @Override
  public String title() {
    return "SNMP Exporter";
  }

  @Override
  public String program() {
    return "snmp_exporter";
  }

  @Override
  public String address() {
    return ":9116";
  }

  @Override
  public String about() {
    return "Queries SNMP agents as snmp_exporter does.";
  }

  @Override
  public List<ExporterFlag> flags() {
    return List.of(
        ExporterFlag.of(
            "config.file", Kind.PATHS, "snmp.yml", "Configuration files. Can be repeated."),
        ExporterFlag.of(
            "dry-run",
            Kind.BOOLEAN,
            "false",
            "If true, checks the configuration, reports errors and exits."),
        ExporterFlag.of(
            "config.expand-environment-variables",
            Kind.BOOLEAN,
            "false",
            "If true, environment variables are expanded in usernames and passwords."),
        ExporterFlag.of(
            "snmp.wrap-large-counters",
            Kind.BOOLEAN,
            "true",
            "If true, 64-bit counters wrap at 2^53 to avoid rounding."),
        ExporterFlag.of(
            "snmp.source-address",
            Kind.STRING,
            "",
            "Source address and port of requests; port 0 for any."),
        ExporterFlag.of(
            "snmp.module-concurrency",
            Kind.INTEGER,
            "1",
            "Maximum number of modules of a target queried concurrently."),
        ExporterFlag.of(
            "snmp.debug-packets",
            Kind.BOOLEAN,
            "false",
            "If true, logs each message in hexadecimal, with its community, if --log.level is"
                + " debug."));
  }

  @Override
  public boolean takesInlineConfig() {
    return true;
  }

  @Override
  public String probePath() {
    return "/snmp";
  }

  @Override
  public int maxConcurrentProbes() {
    return 1_000;
  }

  @Override
  public Exporter open(ExporterSettings s, ExporterDependencies dependencies) throws IOException {
    UnaryOperator<String> expand =
        s.bool("config.expand-environment-variables")
            ? new EnvironmentText(dependencies.environment())
            : UnaryOperator.identity();
    YamlNode inline = s.inlineConfig();
    if (inline != null && s.isGiven("config.file")) {
      throw new IllegalArgumentException(
          "modules come from --config.file or from config, not both");
    }
    long atOnce = s.integer("snmp.module-concurrency");
    SnmpExporter.RequestOptions requestOptions =
        new SnmpExporter.RequestOptions(
            address(s.get("snmp.source-address")),
            s.bool("snmp.wrap-large-counters"),
            Math.clamp(atOnce, 1, MAX_AT_ONCE),
            s.bool("snmp.debug-packets"));
    if (inline != null) {
      SnmpConfig c = SnmpConfig.read(inline, expand).checked("in config");
      return new SnmpExporter(() -> c, requestOptions, false);
    }
    List<String> files = s.list("config.file");
    return new SnmpExporter(() -> SnmpConfig.read(files, expand), requestOptions, true);
  }

  private static @Nullable InetSocketAddress address(String text) {
    if (text.isEmpty()) {
      return null;
    }
    int colon = text.lastIndexOf(':');
    String port = colon < 0 ? "" : text.substring(colon + 1);
    String host = colon < 0 ? "" : text.substring(0, colon).replaceAll("^\\[|\\]$", "");
    if (host.isEmpty() || !port.matches("\\d{0,5}")) {
      throw new IllegalArgumentException(
          "--snmp.source-address: \"" + text + "\" is not address:port");
    }
    InetSocketAddress a =
        new InetSocketAddress(host, port.isEmpty() ? 0 : Math.min(65_535, Integer.parseInt(port)));
    if (a.isUnresolved()) {
      throw new IllegalArgumentException("--snmp.source-address: unknown address " + host);
    }
    return a;
  }
}

package dev.tethys.collect.exporter.jmx;

import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ExporterDependencies;
import dev.tethys.collect.exporter.ExporterFlag;
import dev.tethys.collect.exporter.ExporterFlag.Kind;
import dev.tethys.collect.exporter.ExporterKind;
import dev.tethys.collect.exporter.ExporterSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** {@code tethys exporter jmx}: replacement of jmx_exporter's standalone server, with its file. */
public final class JmxExporterKind implements ExporterKind {
  static final String FILE = "config.file";
  static final String HOST_PORT = "jmx.host-port";
  static final String PLUGINS = "jmx.plugin-path";

  @Override
  public String name() {
    return "jmx";
  }

  @Override
  public String title() {
    return "JMX Exporter";
  }

  @Override
  public String program() {
    return "jmx_exporter";
  }

  @Override
  public String address() {
    return ":9404";
  }

  @Override
  public String about() {
    return "Exports MBeans of another JVM over remote JMX as jmx_exporter does.";
  }

  @Override
  public List<ExporterFlag> flags() {
    return List.of(
        ExporterFlag.of(
            FILE,
            Kind.PATH,
            "jmx_exporter.yml",
            "Configuration file that names the JVM and the rules."),
        ExporterFlag.of(
            HOST_PORT,
            Kind.STRING,
            "",
            "Host and port of remote JMX, for files without hostPort, such as those of the Java"
                + " agent."),
        ExporterFlag.of(
            PLUGINS,
            Kind.PATHS,
            "",
            "Jar, or directory of classes or jars, with the class of"
                + " httpServer.authentication.plugin. Can be repeated."),
        ExporterFlag.of(
            "config.check",
            Kind.BOOLEAN,
            "false",
            "If true, checks the configuration, reports errors and exits."));
  }

  /** Converts the arguments {@code [[HOST:]PORT] FILE} of the original program. */
  @Override
  public List<String> arguments(List<String> args, Function<String, @Nullable String> environment) {
    int words = 0;
    while (words < args.size() && words < 2 && !args.get(words).startsWith("-")) {
      words++;
    }
    if (words == 0) {
      return args;
    }
    List<String> out = new ArrayList<>();
    if (words == 2) {
      String where = args.getFirst();
      out.add("--web.listen-address=" + (where.contains(":") ? where : ":" + where));
    }
    out.add("--" + FILE + "=" + args.get(words - 1));
    out.addAll(args.subList(words, args.size()));
    return out;
  }

  /** Metrics of this JVM would be indistinguishable from those of the scraped one. */
  @Override
  public boolean showsItsProcess(ExporterSettings settings) {
    return false;
  }

  @Override
  public boolean takesInlineConfig() {
    return true;
  }

  @Override
  public Exporter open(ExporterSettings settings, ExporterDependencies dependencies)
      throws IOException {
    return new JmxExporter(settings, dependencies);
  }
}

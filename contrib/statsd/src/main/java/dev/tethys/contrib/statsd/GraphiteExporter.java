package dev.tethys.contrib.statsd;

import dev.tethys.collect.exporter.graphite.GraphiteMetrics;
import dev.tethys.collect.exporter.mapping.MappingFile;
import dev.tethys.collect.exporter.mapping.MetricMapper;
import dev.tethys.config.ConfigException;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.runtime.HeapController;
import dev.tethys.runtime.Role;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.ListenFlags;
import dev.tethys.runtime.log.LogSetup;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;

/** {@code tethys exporter graphite}: compatible with graphite_exporter and its flags. */
public final class GraphiteExporter implements Role {
  private static final System.Logger LOG = JulLogger.of(GraphiteExporter.class.getName());

  private static FlagSet flags() {
    List<Flag> f = ExporterServer.flags(":9108");
    f.add(
        Flag.of(
            "graphite.listen-address",
            Flag.Kind.STRING,
            ":9109",
            "TCP and UDP address on which to accept samples."));
    f.add(
        Flag.of(
            "graphite.mapping-config",
            Flag.Kind.STRING,
            "",
            "Metric mapping configuration file name."));
    f.add(
        Flag.of(
            "graphite.sample-expiry",
            Flag.Kind.DURATION,
            "5m",
            "Time for which a sample is valid."));
    f.add(
        Flag.of(
            "graphite.mapping-strict-match",
            Flag.Kind.BOOLEAN,
            "false",
            "Only store metrics that match the mapping configuration."));
    f.add(
        Flag.of(
            "graphite.cache-size",
            Flag.Kind.INTEGER,
            "1000",
            "Number of metric names in the mapping cache; 0 disables it."));
    f.add(
        Flag.of(
            "graphite.cache-type",
            Flag.Kind.STRING,
            "lru",
            "Eviction policy of the cache: lru or random; both evict the least recently used"
                + " name."));
    f.add(MappingFlags.DUMP);
    f.add(Flag.of("check-config", Flag.Kind.BOOLEAN, "false", "Check configuration and exit."));
    return new FlagSet(
        "tethys exporter graphite",
        "Takes Graphite's lines and serves them as graphite_exporter does.",
        f);
  }

  @Override
  public String command() {
    return "exporter graphite";
  }

  @Override
  public int run(List<String> args) {
    FlagSet flags = flags();
    if (args.contains("--help") || args.contains("-h")) {
      System.out.print(flags.help());
      return 0;
    }
    flags.parse(args);
    HeapController.keep();
    LogSetup.install(flags);
    String file = flags.get("graphite.mapping-config");
    MappingFile mapping;
    try {
      mapping = MappingFlags.read(flags, file);
    } catch (IOException | ConfigException e) {
      LOG.log(Level.ERROR, "error loading config: {0}", IoFailures.describe(e));
      return 1;
    }
    if (flags.bool("check-config")) {
      LOG.log(Level.INFO, "Configuration check successful, exiting");
      return 0;
    }
    Registry registry = new Registry();
    try (GraphiteMetrics metrics =
        new GraphiteMetrics(
            new MetricMapper(mapping, (int) flags.integer("graphite.cache-size")),
            flags.bool("graphite.mapping-strict-match"),
            Duration.ofMillis(flags.millis("graphite.sample-expiry")),
            registry,
            System::currentTimeMillis)) {
      registry.register(metrics);
      return ExporterServer.serve(
          flags,
          "Graphite Exporter",
          "graphite_exporter",
          registry,
          new Routes(),
          () ->
              ListenFlags.listening(
                  "graphite.listen-address",
                  () -> {
                    metrics.listen(flags.get("graphite.listen-address"));
                    return metrics;
                  }));
    }
  }
}

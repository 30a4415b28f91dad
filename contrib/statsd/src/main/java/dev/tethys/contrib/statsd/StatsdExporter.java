package dev.tethys.contrib.statsd;

import dev.tethys.codec.statsd.StatsdReader;
import dev.tethys.collect.exporter.mapping.MappingFile;
import dev.tethys.collect.exporter.mapping.MetricMapper;
import dev.tethys.collect.exporter.statsd.StatsdListeners;
import dev.tethys.collect.exporter.statsd.StatsdMetrics;
import dev.tethys.collect.exporter.statsd.StatsdRelay;
import dev.tethys.config.ConfigException;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.runtime.HeapController;
import dev.tethys.runtime.Role;
import dev.tethys.runtime.Shutdown;
import dev.tethys.runtime.cli.Flag;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.ListenFlags;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.runtime.log.LogSetup;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code tethys exporter statsd}: compatible with statsd_exporter and its flags. */
public final class StatsdExporter implements Role {
  private static final System.Logger LOG = JulLogger.of(StatsdExporter.class.getName());
  private static final String AT_ONCE =
      "Read, without effect: values are counted on arrival, without a queue.";

  private static FlagSet flags() {
    List<Flag> f = ExporterServer.flags(":9102");
    f.add(
        Flag.of(
            "web.enable-lifecycle",
            Flag.Kind.BOOLEAN,
            "false",
            "Enable shutdown and reload via HTTP request."));
    f.add(
        Flag.of(
            "statsd.listen-udp",
            Flag.Kind.STRING,
            ":9125",
            "The UDP address on which to receive statsd metric lines. \"\" disables it."));
    f.add(
        Flag.of(
            "statsd.listen-tcp",
            Flag.Kind.STRING,
            ":9125",
            "The TCP address on which to receive statsd metric lines. \"\" disables it."));
    f.add(
        Flag.of(
            "statsd.listen-unixgram",
            Flag.Kind.STRING,
            "",
            "The Unix socket on which to receive statsd metric lines in datagrams. \"\" disables"
                + " it."));
    f.add(
        Flag.of(
            "statsd.unixsocket-mode",
            Flag.Kind.STRING,
            "755",
            "The permission mode of the Unix socket."));
    f.add(
        Flag.of(
            "statsd.mapping-config",
            Flag.Kind.STRING,
            "",
            "Metric mapping configuration file name."));
    f.add(
        Flag.of(
            "statsd.read-buffer",
            Flag.Kind.INTEGER,
            "0",
            "Size of the kernel's UDP receive buffer in bytes; 0 for the kernel's default."));
    f.add(
        Flag.of(
            "statsd.cache-size",
            Flag.Kind.INTEGER,
            "1000",
            "Number of metric names in the mapping cache; 0 disables it."));
    f.add(
        Flag.of(
            "statsd.cache-type",
            Flag.Kind.STRING,
            "lru",
            "Eviction policy of the cache: lru or random; both evict the least recently used"
                + " name."));
    f.add(Flag.of("statsd.event-queue-size", Flag.Kind.INTEGER, "10000", AT_ONCE));
    f.add(Flag.of("statsd.event-flush-threshold", Flag.Kind.INTEGER, "1000", AT_ONCE));
    f.add(Flag.of("statsd.event-flush-interval", Flag.Kind.DURATION, "200ms", AT_ONCE));
    f.add(Flag.of("statsd.udp-packet-queue-size", Flag.Kind.INTEGER, "10000", AT_ONCE));
    for (String style : new String[] {"dogstatsd", "influxdb", "librato", "signalfx"}) {
      f.add(
          Flag.of(
              "statsd.parse-" + style + "-tags",
              Flag.Kind.BOOLEAN,
              "true",
              "Parse tags in the style of " + style + "."));
    }
    f.add(
        Flag.of(
            "statsd.relay.address",
            Flag.Kind.STRING,
            "",
            "UDP address to forward received lines to (host:port)."));
    f.add(
        Flag.of(
            "statsd.relay.packet-length",
            Flag.Kind.INTEGER,
            "1400",
            "Maximum size of a forwarded packet in bytes."));
    f.add(MappingFlags.DUMP);
    f.add(Flag.of("check-config", Flag.Kind.BOOLEAN, "false", "Check configuration and exit."));
    return new FlagSet(
        "tethys exporter statsd", "Takes StatsD and serves it as statsd_exporter does.", f);
  }

  @Override
  public String command() {
    return "exporter statsd";
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
    String udp = flags.get("statsd.listen-udp");
    String tcp = flags.get("statsd.listen-tcp");
    String unix = flags.get("statsd.listen-unixgram");
    if (udp.isEmpty() && tcp.isEmpty() && unix.isEmpty()) {
      throw new UsageException(
          "tethys exporter statsd: --statsd.listen-udp, --statsd.listen-tcp or"
              + " --statsd.listen-unixgram must be given");
    }
    Set<PosixFilePermission> mode = mode(flags.get("statsd.unixsocket-mode"));
    long packet = flags.integer("statsd.relay.packet-length");
    if (packet < 2 || packet > 65_507) {
      throw new UsageException(
          "tethys exporter statsd: --statsd.relay.packet-length must be 2 to 65507");
    }
    InetSocketAddress relay = relay(flags.get("statsd.relay.address"));
    String type = flags.get("statsd.cache-type");
    if (!type.equals("lru") && !type.equals("random")) {
      throw new UsageException("tethys exporter statsd: --statsd.cache-type must be lru or random");
    }
    String file = flags.get("statsd.mapping-config");
    int remembered = (int) flags.integer("statsd.cache-size");
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
    StatsdMetrics metrics =
        new StatsdMetrics(
            new MetricMapper(mapping, remembered), registry, System::currentTimeMillis);
    registry.register(metrics);
    Runnable reload = () -> reload(metrics, file, remembered);
    sun.misc.Signal.handle(new sun.misc.Signal("HUP"), s -> Thread.ofVirtual().start(reload));
    Routes routes = new Routes();
    boolean lifecycle = flags.bool("web.enable-lifecycle");
    for (String method : new String[] {"POST", "PUT"}) {
      routes.on(
          method,
          "/-/reload",
          (q, r) -> {
            if (lifecycle) {
              reload.run();
              r.send("Requesting reload");
            } else {
              r.status(403).send("Lifecycle API is not enabled.");
            }
          });
      routes.on(
          method,
          "/-/quit",
          (q, r) -> {
            if (lifecycle) {
              r.send("Requesting termination... Goodbye!");
              Shutdown.request();
            } else {
              r.status(403).send("Lifecycle API is not enabled.");
            }
          });
    }
    StatsdReader reader =
        new StatsdReader(
            StatsdReader.Tags.exporter(
                flags.bool("statsd.parse-dogstatsd-tags"),
                flags.bool("statsd.parse-influxdb-tags"),
                flags.bool("statsd.parse-librato-tags"),
                flags.bool("statsd.parse-signalfx-tags")));
    try (StatsdListeners listeners = new StatsdListeners(reader, metrics, registry)) {
      return ExporterServer.serve(
          flags,
          "StatsD Exporter",
          "statsd_exporter",
          registry,
          routes,
          () -> {
            if (relay != null) {
              listeners.relay(new StatsdRelay(relay, (int) packet, registry));
            }
            if (!unix.isEmpty()) {
              listeners.unix(Path.of(unix), mode);
            }
            if (!udp.isEmpty()) {
              int buffer = (int) flags.integer("statsd.read-buffer");
              ListenFlags.listening(
                  "statsd.listen-udp",
                  () -> {
                    listeners.udp(udp, buffer);
                    return listeners;
                  });
            }
            if (!tcp.isEmpty()) {
              ListenFlags.listening(
                  "statsd.listen-tcp",
                  () -> {
                    listeners.tcp(tcp);
                    return listeners;
                  });
            }
          });
    }
  }

  /** Parses three octal digits as in chmod. */
  private static Set<PosixFilePermission> mode(String octal) {
    if (!octal.matches("0?[0-7]{3}")) {
      throw new UsageException(
          "tethys exporter statsd: --statsd.unixsocket-mode must be three octal digits, not "
              + octal);
    }
    int bits = Integer.parseInt(octal, 8);
    Set<PosixFilePermission> out = EnumSet.noneOf(PosixFilePermission.class);
    PosixFilePermission[] all = PosixFilePermission.values(); // owner's reading first
    for (int i = 0; i < all.length; i++) {
      if ((bits & 0400 >> i) != 0) {
        out.add(all[i]);
      }
    }
    return out;
  }

  private static @Nullable InetSocketAddress relay(String address) {
    if (address.isEmpty()) {
      return null;
    }
    int colon = address.lastIndexOf(':');
    try {
      int port = Integer.parseInt(address.substring(colon + 1));
      String host = address.substring(0, Math.max(0, colon)).replaceAll("^\\[|]$", "");
      return new InetSocketAddress(host.isEmpty() ? "localhost" : host, port);
    } catch (IllegalArgumentException e) {
      throw new UsageException(
          "tethys exporter statsd: --statsd.relay.address must be host:port, not " + address);
    }
  }

  private static void reload(StatsdMetrics metrics, String file, int remembered) {
    if (file.isEmpty()) {
      LOG.log(Level.WARNING, "there is no mapping file to reload");
      return;
    }
    try {
      metrics.reload(MappingFile.read(Path.of(file)), remembered);
      LOG.log(Level.INFO, "Config reloaded successfully");
    } catch (IOException | ConfigException e) {
      metrics.reload(null, remembered);
      LOG.log(Level.ERROR, "Error reloading config: {0}", IoFailures.describe(e));
    }
  }
}

package dev.tethys.collect.database.memcached;

import dev.tethys.collect.database.DatabaseScrape;
import dev.tethys.collect.database.GoNumbers;
import dev.tethys.collect.database.MetricSet;
import dev.tethys.collect.database.ScrapeLimitException;
import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.collect.database.wire.ServerConnection;
import dev.tethys.config.TlsConfig;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.log.JulLogger;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A memcached server, queried over its text protocol ({@code doc/protocol.txt} of memcached: {@code
 * stats}, {@code stats slabs}, {@code stats items}, {@code stats settings}).
 */
public final class MemcachedServer implements DatabaseScrape {
  /** The port of an address without one. */
  public static final int PORT = 11211;

  private static final System.Logger LOG = JulLogger.of(MemcachedServer.class.getName());
  private static final String NAMESPACE = "memcached";
  private static final String UP = "1 if the memcached server could be reached, 0 otherwise.";
  private static final String COMMANDS = "Requests by command and outcome.";
  private static final String SLAB_COMMANDS = "Requests of a slab class by command and outcome.";
  private static final String[] OPERATIONS = {"get", "delete", "incr", "decr", "cas", "touch"};
  private static final int MAX_LINE = 64 << 10;
  private static final int MAX_LINES = 100_000;

  private final String address;
  private final Duration timeout;
  private final @Nullable TlsConfig tls;

  /**
   * Creates a server that has not been queried yet.
   *
   * @param address host and port, or the path of a Unix socket, which has a slash
   * @param timeout timeout of the entire scrape
   * @param tls null for a plain connection
   */
  public MemcachedServer(String address, Duration timeout, @Nullable TlsConfig tls) {
    this.address = address;
    this.timeout = timeout;
    this.tls = tls;
  }

  @Override
  public List<MetricFamily> scrape(Deadline deadline) {
    return scrape(
        deadline, e -> LOG.log(Level.ERROR, "memcached at {0}: {1}", address, e.getMessage()));
  }

  /**
   * Queries the server.
   *
   * @param failed receives the error if it could not be read
   */
  List<MetricFamily> scrape(Deadline deadline, Consumer<Exception> failed) {
    MetricSet out = new MetricSet(NAMESPACE);
    boolean up = false;
    try (ServerConnection c = connect(deadline.atMost(timeout))) {
      Map<String, String> general = new LinkedHashMap<>(stats(c, "stats"));
      Map<String, Map<String, String>> slabs = new TreeMap<>();
      Map<String, Map<String, String>> items = new TreeMap<>();
      stats(c, "stats slabs").forEach((k, v) -> put(general, slabs, k, v));
      stats(c, "stats items").forEach((k, v) -> put(general, items, k, v));
      Map<String, String> settings = stats(c, "stats settings");
      up = general(out, general) & items(out, items) & slabs(out, slabs) & settings(out, settings);
    } catch (IOException | ScrapeLimitException e) {
      failed.accept(e);
    }
    out.gauge("up", UP, up ? 1 : 0);
    return out.families();
  }

  private ServerConnection connect(Deadline d) throws IOException {
    if (address.contains("/")) {
      return ServerConnection.unix(Path.of(address), d);
    }
    int colon = address.lastIndexOf(':');
    String port = address.substring(colon + 1);
    String host = colon < 0 ? address : address.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    try {
      int p = colon < 0 ? PORT : Integer.parseInt(port);
      if (p < 1 || p > 65535) {
        throw new NumberFormatException();
      }
      return ServerConnection.tcp(host.isEmpty() ? "localhost" : host, p, tls, d);
    } catch (NumberFormatException e) {
      throw new IOException("address " + address + ": " + port + " is not a port", e);
    }
  }

  /** Statistics of a slab class have its number as the last but one part of their name. */
  private static void put(
      Map<String, String> general,
      Map<String, Map<String, String>> bySlab,
      String key,
      String value) {
    String[] parts = key.split(":");
    if (parts.length < 2) {
      general.put(key, value);
    } else {
      bySlab
          .computeIfAbsent(parts[parts.length - 2], k -> new LinkedHashMap<>())
          .put(parts[parts.length - 1], value);
    }
  }

  private static Map<String, String> stats(ServerConnection c, String command) throws IOException {
    c.write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
    c.flush();
    Map<String, String> out = new LinkedHashMap<>();
    for (int i = 0; i < MAX_LINES; i++) {
      String line = line(c);
      if (line.equals("END")) {
        return out;
      }
      String[] f = line.split(" ", 3);
      if (!f[0].equals("STAT") || f.length < 2) {
        throw new IOException(command + ": the server answered " + line);
      }
      out.put(f[1], f.length < 3 ? "" : f[2]);
    }
    throw new IOException(command + ": more than " + MAX_LINES + " lines");
  }

  private static String line(ServerConnection c) throws IOException {
    ByteArrayOutputStream b = new ByteArrayOutputStream(64);
    for (int x = c.read(); x != '\n'; x = c.read()) {
      if (b.size() >= MAX_LINE) {
        throw new IOException("a line of more than " + MAX_LINE + " bytes");
      }
      b.write(x);
    }
    return b.toString(StandardCharsets.UTF_8).stripTrailing();
  }

  private static boolean general(MetricSet out, Map<String, String> s) {
    out.gauge(
        "version", "Version of the memcached server.", 1, "version", s.getOrDefault("version", ""));
    boolean good = true;
    for (String op : OPERATIONS) {
      good &= command(out, s, op + "_hits", op, "hit", null);
      good &= command(out, s, op + "_misses", op, "miss", null);
    }
    good &= command(out, s, "cas_badval", "cas", "badval", null);
    good &= command(out, s, "cmd_flush", "flush", "hit", null);
    // cmd_set counts cas too.
    good &= sets(out, s, null, "cas_misses", "cas_hits", "cas_badval");
    good &= rows(out, MemcachedMetrics.SERVER, s, null);
    good &= rows(out, MemcachedMetrics.PROXIED, s, null);
    good &= time(out, s, "rusage_user", "process_user_cpu_seconds_total", "User");
    good &= time(out, s, "rusage_system", "process_system_cpu_seconds_total", "System");
    return good;
  }

  private static boolean sets(
      MetricSet out, Map<String, String> s, @Nullable String slab, String... within) {
    Double sets = GoNumbers.parse(s.get("cmd_set"));
    if (sets == null) {
      return false;
    }
    for (String key : within) {
      Double v = GoNumbers.parse(s.get(key));
      if (v == null) {
        return false;
      }
      sets -= v;
    }
    command(out, sets, "set", "hit", slab);
    return true;
  }

  private static boolean items(MetricSet out, Map<String, Map<String, String>> items) {
    boolean good = true;
    for (var e : items.entrySet()) {
      good &= rows(out, MemcachedMetrics.PER_ITEMS, e.getValue(), e.getKey());
      for (String lru : new String[] {"hot", "warm", "cold", "temp"}) {
        String text = e.getValue().get("hits_to_" + lru);
        Double hits = GoNumbers.parse(text);
        if (hits == null) {
          good &= text == null;
          continue;
        }
        out.counter(
            "slab_lru_hits_total",
            "Hits of get by the LRU in which the item was.",
            hits,
            "slab",
            e.getKey(),
            "lru",
            lru.equals("temp") ? "temporary" : lru);
      }
    }
    return good;
  }

  private static boolean slabs(MetricSet out, Map<String, Map<String, String>> slabs) {
    boolean good = true;
    for (var e : slabs.entrySet()) {
      Map<String, String> s = e.getValue();
      for (String op : OPERATIONS) {
        good &= command(out, s, op + "_hits", op, "hit", e.getKey());
      }
      good &= command(out, s, "cas_badval", "cas", "badval", e.getKey());
      good &= sets(out, s, e.getKey(), "cas_hits", "cas_badval");
      good &= rows(out, MemcachedMetrics.PER_SLAB, s, e.getKey());
    }
    return good;
  }

  private static boolean settings(MetricSet out, Map<String, String> s) {
    String text = s.get("maxconns");
    Double connections = GoNumbers.parse(text);
    boolean good = connections != null || text == null;
    if (connections != null) {
      out.gauge("max_connections", "Maximum number of concurrent connections.", connections);
    }
    if ("yes".equals(s.get("lru_crawler"))) {
      Map<String, String> numbers = new LinkedHashMap<>(s);
      for (String flag : new String[] {"lru_crawler", "lru_maintainer_thread"}) {
        numbers.computeIfPresent(flag, (k, v) -> v.equals("yes") ? "1" : v.equals("no") ? "0" : v);
      }
      good &= rows(out, MemcachedMetrics.LRU_SETTINGS, numbers, null);
    }
    return good;
  }

  /** Adds the present statistics; returns false, a failed scrape, if one is not a number. */
  private static boolean rows(
      MetricSet out,
      List<MemcachedMetrics.Row> rows,
      Map<String, String> stats,
      @Nullable String slab) {
    boolean good = true;
    for (MemcachedMetrics.Row row : rows) {
      String text = stats.get(row.key());
      if (text == null || (!row.needs().isEmpty() && !stats.containsKey(row.needs()))) {
        continue;
      }
      Double v = GoNumbers.parse(text);
      if (v == null) {
        good = false;
        continue;
      }
      String[] labels = slab == null ? new String[0] : new String[] {"slab", slab};
      if (row.counter()) {
        out.counter(row.name(), row.help(), v, labels);
      } else if (out.type(NAMESPACE + "_" + row.name()) == null
          || out.type(NAMESPACE + "_" + row.name()) == dev.tethys.model.MetricType.GAUGE) {
        out.gauge(row.name(), row.help(), v, labels);
      }
    }
    return good;
  }

  private static boolean command(
      MetricSet out,
      Map<String, String> stats,
      String key,
      String command,
      String status,
      @Nullable String slab) {
    String text = stats.get(key);
    Double v = GoNumbers.parse(text);
    if (v != null) {
      command(out, v, command, status, slab);
    }
    return v != null || text == null;
  }

  private static void command(
      MetricSet out, double v, String command, String status, @Nullable String slab) {
    if (slab == null) {
      out.counter("commands_total", COMMANDS, v, "command", command, "status", status);
    } else {
      out.counter(
          "slab_commands_total",
          SLAB_COMMANDS,
          v,
          "slab",
          slab,
          "command",
          command,
          "status",
          status);
    }
  }

  /** Seconds and, after a dot, microseconds: a pair of numbers, not a fraction. */
  private static boolean time(
      MetricSet out, Map<String, String> s, String key, String name, String kind) {
    String text = s.get(key);
    if (text == null) {
      return true;
    }
    String[] parts = text.split("\\.", -1);
    Double seconds = GoNumbers.parse(parts[0]);
    Double micros = parts.length == 2 ? GoNumbers.parse(parts[1]) : null;
    if (seconds == null || micros == null) {
      return false;
    }
    out.counter(name, kind + " time of the process.", seconds + micros / 1e6);
    return true;
  }
}

package dev.tethys.app.server;

import dev.tethys.alert.rule.GroupSpec;
import dev.tethys.config.ConfigException;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.IoFailures;
import dev.tethys.model.log.JulLogger;
import dev.tethys.prometheus.PrometheusConfig;
import dev.tethys.query.promql.parser.ParserOptions;
import dev.tethys.runtime.cli.UsageException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The active configuration and its replacement.
 *
 * <p>Invariant: {@link #current} was applied by every part, or is the last one that was; an invalid
 * file changes only the reported result of the last reload.
 */
final class Configuration {
  private static final System.Logger LOG = JulLogger.of(Configuration.class.getName());

  /** A part of the server that applies the configuration. */
  interface Part {
    /** Obeys a configuration from now on; after an error it is given the previous one again. */
    void apply(PrometheusConfig config) throws IOException;
  }

  /** Files read together with the configuration but not named in it. */
  interface FurtherFiles {
    /** Returns the files that currently exist. */
    List<Path> find() throws IOException;
  }

  private final @Nullable Path file;
  private final String embedded;
  private final List<Part> parts = new ArrayList<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<PrometheusConfig, List<GroupSpec>> rules = new IdentityHashMap<>();
  private volatile PrometheusConfig current;
  private volatile boolean succeeded = true;
  private volatile Instant lastSuccess = Instant.now();
  private FurtherFiles further = List::of;
  private String fingerprint = "";

  /**
   * Reads the first configuration.
   *
   * @param role name of the command, for errors
   * @param file null for the embedded defaults
   * @param embedded the text of these
   */
  Configuration(String role, @Nullable Path file, String embedded, Registry registry)
      throws IOException {
    this.file = file;
    this.embedded = embedded;
    try {
      this.current = read();
    } catch (IOException e) {
      throw new UsageException(
          "tethys "
              + role
              + ": "
              + IoFailures.describe(e)
              + (e instanceof NoSuchFileException ? "; set --config.file" : ""));
    }
    this.fingerprint = fingerprint(current);
    registry.gauge(
        "prometheus_config_last_reload_successful",
        "Whether the last configuration reload attempt was successful.",
        () -> succeeded ? 1 : 0);
    registry.gauge(
        "prometheus_config_last_reload_success_timestamp_seconds",
        "Timestamp of the last successful configuration reload.",
        () -> lastSuccess.toEpochMilli() / 1e3);
  }

  /**
   * Renders the configuration of a server without a file: it scrapes itself and this host.
   *
   * @param address address of its own metrics
   */
  static String defaults(String address) {
    return """
    # The embedded defaults: Tethys watches itself and the machine it runs on.
    global:
      scrape_interval: 10s
    scrape_configs:
    - job_name: tethys
      static_configs:
      - targets: ['%1$s']
    - job_name: node
      metrics_path: %2$s
      static_configs:
      - targets: ['%1$s']
        labels: {instance: '%3$s'}
    """
        .formatted(address, HostPage.PATH, hostName().replace("'", ""));
  }

  /** Returns the name of this machine, as label {@code instance} of its own metrics. */
  static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }

  private PrometheusConfig read() throws IOException {
    PrometheusConfig c =
        file == null
            ? PrometheusConfig.parse("embedded defaults", embedded)
            : PrometheusConfig.read(file);
    c.notices().forEach(n -> LOG.log(Level.WARNING, n));
    return c;
  }

  /** Returns the configuration in force. */
  PrometheusConfig current() {
    return current;
  }

  boolean succeeded() {
    return succeeded;
  }

  Instant lastSuccess() {
    return lastSuccess;
  }

  /**
   * Returns the rule groups of a configuration, read from its files on the first call: a
   * configuration that is applied again keeps its rules even if the files have changed since.
   *
   * @throws IOException if a rule file cannot be read
   * @throws ConfigException if a rule is invalid
   */
  List<GroupSpec> rulesOf(PrometheusConfig c, ParserOptions parser) throws IOException {
    lock.lock();
    try {
      List<GroupSpec> groups = rules.get(c);
      if (groups == null) {
        groups = c.readRules(parser);
        rules.put(c, groups);
      }
      rules.keySet().removeIf(other -> other != c && other != current);
      return groups;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the source of the configuration, for logs and pages. */
  String source() {
    return file == null ? "embedded defaults" : file.toString();
  }

  /** Reloads when these files change, too. */
  void watchAlso(FurtherFiles files) throws IOException {
    lock.lock();
    try {
      further = files;
      fingerprint = fingerprint(current);
    } finally {
      lock.unlock();
    }
  }

  /** Adds a part, which applies the active configuration immediately. */
  void add(Part part) throws IOException {
    lock.lock();
    try {
      part.apply(current);
      parts.add(part);
    } finally {
      lock.unlock();
    }
  }

  /** Applies the configuration in force to a part again, after a change of the part. */
  void applyAgain(Part part) throws IOException {
    lock.lock();
    try {
      part.apply(current);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Reloads the file and applies it.
   *
   * @throws IOException with the reason; then the old configuration stays in use
   */
  void reload() throws IOException {
    lock.lock();
    try {
      LOG.log(Level.INFO, "loading configuration from {0}", source());
      PrometheusConfig next = read();
      fingerprint = fingerprint(next);
      applyToAll(next);
      current = next;
      succeeded = true;
      lastSuccess = Instant.now();
      LOG.log(Level.INFO, "configuration loaded from {0}", source());
    } catch (IOException | ConfigException | IllegalStateException e) {
      succeeded = false;
      LOG.log(
          Level.ERROR,
          "Configuration reload failed, previous configuration stays active: {0}",
          IoFailures.describe(e));
      throw e instanceof IOException io ? io : new IOException(IoFailures.describe(e), e);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Applies a configuration to every part, or to none: parts that already have it are rolled back.
   */
  private void applyToAll(PrometheusConfig next) throws IOException {
    int begun = 0;
    try {
      for (Part p : parts) {
        begun++;
        p.apply(next);
      }
    } catch (IOException | RuntimeException e) {
      for (Part p : parts.subList(0, begun)) {
        try {
          p.apply(current);
        } catch (IOException | RuntimeException again) {
          LOG.log(
              Level.ERROR,
              "Return to the previous configuration failed for one part of the server, restart it: {0}",
              IoFailures.describe(again));
        }
      }
      throw e;
    }
  }

  /** Reloads when a file that was read has changed since. */
  void reloadIfChanged() {
    String now;
    try {
      now = fingerprint(current);
    } catch (IOException e) {
      LOG.log(
          Level.WARNING,
          "cannot check whether the configuration has changed: {0}",
          IoFailures.describe(e));
      return;
    }
    if (now.equals(fingerprint)) {
      return;
    }
    fingerprint = now;
    try {
      reload();
    } catch (IOException e) {
      // Logged and shown; the next change is retried.
    }
  }

  private String fingerprint(PrometheusConfig c) throws IOException {
    try {
      MessageDigest d = MessageDigest.getInstance("SHA-256");
      for (Path p : c.files()) {
        d.update(Files.readAllBytes(p));
      }
      List<Path> others = new ArrayList<>(c.findRuleFiles());
      others.addAll(further.find());
      for (Path p : others) {
        d.update(p.toString().getBytes(StandardCharsets.UTF_8));
        d.update(Files.readAllBytes(p));
      }
      return HexFormat.of().formatHex(d.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}

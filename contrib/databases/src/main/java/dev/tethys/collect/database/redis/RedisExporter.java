package dev.tethys.collect.database.redis;

import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.MetricsSource;
import dev.tethys.collect.exporter.Probe;
import dev.tethys.collect.exporter.ProbeException;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.model.GoJson;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.WebConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Running exporter for its own server and for servers named by a target parameter. */
final class RedisExporter implements Exporter {
  /**
   * Login used by the exporter.
   *
   * @param file passwords by address, null if none
   */
  record Login(String user, Secret password, @Nullable Path file, TlsConfig tls) {}

  private final String address;
  private final Login login;
  private final RedisOptions options;
  private final Duration timeout;
  private final boolean targets;
  private final boolean hostnames;
  private final RedisPages pages;
  private final LongAdder targetErrors = new LongAdder();
  private final @Nullable RedisServer own;
  private volatile RedisPasswords passwords = RedisPasswords.NONE;

  RedisExporter(
      String address,
      Login login,
      RedisOptions options,
      Duration timeout,
      boolean targets,
      boolean hostnames,
      RedisPages pages)
      throws IOException {
    this.address = address;
    this.login = login;
    this.options = options;
    this.timeout = timeout;
    this.targets = targets;
    this.hostnames = hostnames;
    this.pages = pages;
    reload();
    if (address.isEmpty()) {
      this.own = null;
    } else {
      where(address, login.user, login.tls); // says what is wrong with it
      this.own =
          new RedisServer(
              () -> where(address, login.user, login.tls), options, timeout, targetErrors);
    }
  }

  private RedisAddress where(String text, String user, TlsConfig tls) {
    String full = text.contains("://") ? text : "redis://" + text;
    full = full.replaceFirst("^valkey(s?)://", "redis$1://");
    Secret password = login.password;
    if (password.isEmpty()) {
      password = passwords.of(full, user);
    }
    return RedisAddress.parse(full, user, password, tls);
  }

  @Override
  public @Nullable MetricsSource metrics() {
    RedisServer s = own;
    return s == null ? null : p -> s.scrape(Deadline.in(p.limit(Duration.ZERO, timeout)));
  }

  @Override
  public Map<String, MetricsSource> probes() {
    return targets ? Map.of("/scrape", this::target) : Map.of();
  }

  private List<MetricFamily> target(Probe p) {
    RedisServer server;
    try {
      server = server(p);
    } catch (IllegalArgumentException e) {
      targetErrors.increment();
      throw new ProbeException(400, "Invalid 'target' parameter: " + e.getMessage());
    } catch (ProbeException e) {
      targetErrors.increment();
      throw e;
    }
    return server.scrape(Deadline.in(p.limit(Duration.ZERO, timeout)));
  }

  /**
   * Returns the server of a probe; a password in a target is not used, as it would appear in logs
   * and configurations.
   */
  private RedisServer server(Probe p) {
    String target = p.required("target");
    target = target.contains("://") ? target : "redis://" + target;
    int sep = target.indexOf("://") + 3;
    int at = target.lastIndexOf('@');
    String user = login.user;
    if (at > sep) {
      String given = target.substring(sep, at);
      int colon = given.indexOf(':');
      user = colon < 0 ? given : given.substring(0, colon);
      target = target.substring(0, sep) + target.substring(at + 1);
    }
    String name = p.param("tls_server_name");
    name = name.isEmpty() ? p.param("tls-server-name") : name;
    TlsConfig t = login.tls;
    TlsConfig tls =
        name.isEmpty()
            ? t
            : new TlsConfig(
                t.ca(),
                t.caFile(),
                t.cert(),
                t.certFile(),
                t.key(),
                t.keyFile(),
                name,
                t.insecureSkipVerify(),
                t.minVersion(),
                t.maxVersion());
    RedisOptions.Keys k = options.keys();
    RedisOptions.Keys keys =
        new RedisOptions.Keys(
            keys(p, "check-keys", k.checked()),
            keys(p, "check-single-keys", k.single()),
            keys(p, "check-streams", k.streams()),
            keys(p, "check-single-streams", k.singleStreams()),
            keys(p, "count-keys", k.counted()),
            k.batch(),
            k.groups(),
            k.maxGroups(),
            k.values(),
            k.consumers(),
            k.notOnMaster());
    RedisAddress where = where(target, user, tls);
    return new RedisServer(() -> where, options.withKeys(keys), timeout, new LongAdder());
  }

  private static List<DatabaseKey> keys(Probe p, String name, List<DatabaseKey> otherwise) {
    String text = p.param(name);
    return text.isEmpty() ? otherwise : DatabaseKey.parse(name, text);
  }

  @Override
  public Map<String, HttpHandler> pages(Answers answers) {
    Map<String, HttpHandler> out = new TreeMap<>();
    out.put("/health", (q, r) -> r.send("ok"));
    out.put("/discover-cluster-nodes", (q, r) -> nodes(r));
    if (reloads()) {
      out.put("/-/reload", (q, r) -> reload(r)); // by GET too
    }
    return out;
  }

  private void reload(HttpResponse r) throws IOException {
    try {
      reload();
    } catch (IOException e) {
      throw new HttpException(500, "failed to reload passwords file: " + e.getMessage());
    }
    r.send("ok");
  }

  /** Responds with the servers of the cluster in the format of HTTP discovery. */
  private void nodes(HttpResponse r) throws IOException {
    if (!options.cluster()) {
      throw new HttpException(400, "The discovery endpoint is only available on a redis cluster");
    }
    RedisAddress where = where(address, login.user, login.tls);
    List<ClusterNode> nodes;
    try (RedisConnection c = RedisConnection.open(where, Deadline.in(timeout))) {
      nodes = ClusterNode.parse(String.valueOf(c.command("CLUSTER", "NODES").text()));
    } catch (IOException e) {
      throw new HttpException(500, "Failed to fetch cluster nodes: " + e.getMessage());
    }
    List<String> targets = new ArrayList<>();
    for (ClusterNode n : nodes) {
      String host = hostnames && !n.name().isEmpty() ? n.name() : n.host();
      targets.add(
          GoJson.append(
                  new StringBuilder(),
                  (where.tls() == null ? "redis://" : "rediss://") + host + ":" + n.port())
              .toString());
    }
    r.send(
        "application/json",
        ("[{\"targets\": [" + String.join(", ", targets) + "], \"labels\": {}}]")
            .getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public WebConfig.@Nullable Source pagesTls() {
    return pages.tls();
  }

  @Override
  public boolean namesUsers() {
    return pages.user() != null;
  }

  @Override
  public boolean admits(HttpRequest request) {
    return pages.admits(request);
  }

  @Override
  public void reload() throws IOException {
    Path file = login.file;
    if (file != null) {
      passwords = RedisPasswords.read(file);
    }
  }

  @Override
  public boolean reloads() {
    return login.file != null;
  }

  @Override
  public void close() {}
}

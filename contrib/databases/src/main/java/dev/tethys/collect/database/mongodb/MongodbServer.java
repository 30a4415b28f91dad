package dev.tethys.collect.database.mongodb;

import dev.tethys.collect.database.DatabaseScrape;
import dev.tethys.collect.database.GoNumbers;
import dev.tethys.collect.database.MetricSet;
import dev.tethys.collect.database.ScrapeLimitException;
import dev.tethys.collect.database.mongodb.wire.Document;
import dev.tethys.collect.database.mongodb.wire.MongoConnection;
import dev.tethys.collect.database.mongodb.wire.MongoException;
import dev.tethys.collect.database.mongodb.wire.MongoTopology;
import dev.tethys.collect.database.mongodb.wire.MongoUri;
import dev.tethys.collect.database.mongodb.wire.SeedList;
import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Scrapes one server over one connection; metrics are those of mongodb_exporter. */
final class MongodbServer implements DatabaseScrape {
  private static final System.Logger LOG = JulLogger.of(MongodbServer.class.getName());

  /** Error codes of servers outside a replica set. */
  private static final Set<Integer> NO_REPLICATION = Set.of(76, 94);

  private final MongoUri uri;
  private final Set<MongodbCollector> wanted;
  private final MongodbOptions options;
  private final @Nullable IdleConnections idle;

  /**
   * @param wanted requested subset of the enabled collectors
   * @param idle pool for connections kept between scrapes, null to open one per scrape
   */
  MongodbServer(
      MongoUri uri,
      Set<MongodbCollector> wanted,
      MongodbOptions options,
      @Nullable IdleConnections idle) {
    this.uri = uri;
    this.wanted = wanted;
    this.options = options;
    this.idle = idle;
  }

  @Override
  public List<MetricFamily> scrape(Deadline deadline) {
    MetricSet out = new MetricSet("");
    boolean up = false;
    long begin = System.nanoTime();
    try (Lease lease = new Lease(connect(deadline))) {
      MongoConnection c = lease.connection;
      c.command("admin", Document.of("ping", 1));
      ServerRole role = ServerRole.of(c.hello());
      up(out, 1, role.text());
      up = true;
      addScrapeTime(out, "general", begin);
      ServerScrape scrape = new ServerScrape(c, role, Topology.labels(c), options, out);
      for (MongodbCollector collector : some(scrape)) {
        long start = System.nanoTime();
        collect(collector, scrape);
        addScrapeTime(out, collector.timed(), start);
      }
      lease.ended = true;
    } catch (IOException | ScrapeLimitException e) {
      LOG.log(Level.ERROR, "mongodb at {0}: {1}", uri, e.getMessage());
    }
    if (!up) {
      up(out, 0, "");
      addScrapeTime(out, "general", begin);
    }
    return out.families();
  }

  /** A connection during a scrape; it may be kept if the scrape completed. */
  private final class Lease implements AutoCloseable {
    final MongoConnection connection;
    boolean ended;

    Lease(MongoConnection connection) {
      this.connection = connection;
    }

    @Override
    public void close() {
      if (ended && idle != null) {
        idle.put(uri, connection);
      } else {
        connection.close();
      }
    }
  }

  private MongoConnection connect(Deadline deadline) throws IOException {
    if (idle != null) {
      for (MongoConnection c = idle.take(uri); c != null; c = idle.take(uri)) {
        if (MongoTopology.wake(c, uri, options.connectTimeout(), deadline)) {
          return c;
        }
        c.close();
      }
    }
    MongoUri found = SeedList.SYSTEM.resolve(uri);
    Boolean own = found.direct();
    boolean direct = own == null ? options.direct() : own;
    return MongoTopology.connect(
        found, direct, options.connectTimeout(), deadline, options.environment());
  }

  private static void up(MetricSet out, int up, String role) {
    out.gauge("mongodb_up", "Whether MongoDB is up.", up, "cluster_role", role);
  }

  private static void addScrapeTime(MetricSet out, String what, long since) {
    out.gauge(
        "collector_scrape_time_ms",
        "Time taken for scrape by collector",
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since),
        "collector",
        what,
        "exporter",
        "mongodb");
  }

  private Set<MongodbCollector> some(ServerScrape scrape) throws IOException {
    Set<MongodbCollector> some = new TreeSet<>(wanted);
    some.removeIf(c -> !c.supports(scrape.role()));
    MongodbOptions.Collections c = options.collections();
    if (!c.discovering() && c.collstats().isEmpty()) {
      some.remove(MongodbCollector.COLLSTATS);
    }
    if (!c.discovering() && c.indexstats().isEmpty()) {
      some.remove(MongodbCollector.INDEXSTATS);
    }
    if (options.details().profiled().isZero()) {
      some.remove(MongodbCollector.PROFILE);
    }
    boolean grows = some.stream().anyMatch(MongodbCollector::growsWithCollections);
    if (grows && c.most() > 0 && Namespace.count(scrape) > c.most()) {
      some.removeIf(MongodbCollector::growsWithCollections);
    }
    return some;
  }

  /**
   * Runs a collector: one rejected by the server reports nothing; a lost connection ends the
   * scrape.
   */
  private static void collect(MongodbCollector collector, ServerScrape scrape) throws IOException {
    try {
      switch (collector) {
        case COLLSTATS -> new CollectionMetrics(scrape).collstats();
        case INDEXSTATS -> new CollectionMetrics(scrape).indexstats();
        case DBSTATS -> new CollectionMetrics(scrape).dbstats();
        case PROFILE -> new CollectionMetrics(scrape).profile();
        case TOPMETRICS -> new CollectionMetrics(scrape).top();
        case DIAGNOSTICDATA -> new DiagnosticMetrics(scrape).collect();
        case CURRENTOPMETRICS -> currentOperations(scrape);
        case REPLICASETSTATUS -> replicaSet(scrape, "replSetGetStatus", "");
        case REPLICASETCONFIG -> replicaSet(scrape, "replSetGetConfig", "rs_cfg");
        case SHARDS -> new RouterMetrics(scrape).chunks();
        case FCV -> features(scrape);
        case PBM -> new BackupMetrics(scrape).collect();
      }
    } catch (MongoException e) {
      LOG.log(
          Level.WARNING,
          "mongodb at {0}: collector {1}: {2}",
          scrape.connection().host(),
          collector.text(),
          e.getMessage());
    }
  }

  private static void replicaSet(ServerScrape scrape, String command, String path)
      throws IOException {
    Document answer;
    try {
      answer = scrape.admin(Document.of(command, 1));
    } catch (MongoException e) {
      if (NO_REPLICATION.contains(e.code())) {
        return;
      }
      throw e;
    }
    Document shown = path.isEmpty() ? answer : answer.document("config");
    if (shown != null) {
      scrape.show(path, shown, scrape.labels());
    }
  }

  private static void currentOperations(ServerScrape scrape) throws IOException {
    Duration slow = scrape.options().details().slow();
    Document command = Document.of("currentOp", true);
    if (slow != null) {
      command =
          command.with(
              Document.of(
                  "active",
                  true,
                  "op",
                  Document.of("$ne", ""),
                  "ns",
                  Document.of("$ne", "", "$not", Document.of("$regex", "^admin.*|^local.*")),
                  "microsecs_running",
                  Document.of("$exists", true, "$gte", slow.toNanos() / 1000)));
    }
    Document answer = scrape.admin(command);
    for (Document d : slow == null ? List.<Document>of() : answer.documents("inprog")) {
      Double running = d.number("microsecs_running");
      Object id = d.at("opid");
      if (running != null && id != null) {
        operation(scrape, d, String.valueOf(id), running);
      }
    }
    scrape
        .out()
        .gauge(
            "mongodb_currentop_fsync_lock_state",
            "Whether MongoDB is currently fsync locked (1 = locked, 0 = unlocked)",
            answer.isTrue("fsyncLock") ? 1 : 0);
  }

  private static void operation(ServerScrape scrape, Document d, String id, double running) {
    Namespace n = Namespace.parse(d.text("ns"));
    Map<String, String> labels = new LinkedHashMap<>(scrape.labels());
    labels.put("opid", id);
    labels.put("op", d.text("op"));
    labels.put("desc", d.text("desc"));
    labels.put("database", n.database());
    labels.put("collection", n.collection());
    labels.put("ns", d.text("ns"));
    scrape
        .out()
        .gauge(
            "mongodb_currentop_query_uptime",
            "mongodb_currentop_query_uptime currentop_query",
            running,
            labels.entrySet().stream()
                .flatMap(e -> Stream.of(e.getKey(), e.getValue()))
                .toArray(String[]::new));
  }

  private static void features(ServerScrape scrape) throws IOException {
    Document answer =
        scrape.admin(Document.of("getParameter", 1, "featureCompatibilityVersion", 1));
    String version = answer.text("featureCompatibilityVersion", "version");
    Double number = GoNumbers.parse(version);
    if (number == null) {
      throw new IOException("featureCompatibilityVersion is not a number: " + version);
    }
    scrape
        .out()
        .gauge(
            "mongodb_fcv_feature_compatibility_version",
            "Feature compatibility version",
            number,
            "version",
            version);
  }
}

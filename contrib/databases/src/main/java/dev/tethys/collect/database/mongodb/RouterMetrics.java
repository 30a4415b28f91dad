package dev.tethys.collect.database.mongodb;

import dev.tethys.collect.database.MetricSet;
import dev.tethys.collect.database.mongodb.wire.Document;
import dev.tethys.collect.database.mongodb.wire.MongoException;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Metrics of a sharded cluster's router about its shards, from the database config. */
final class RouterMetrics {
  private static final System.Logger LOG = JulLogger.of(RouterMetrics.class.getName());
  private static final String CONFIG = "config";
  private static final String CHUNKS = "chunks";
  private static final String SHARD = "shard";
  private static final Duration CHANGES = Duration.ofMinutes(10);

  private final ServerScrape scrape;
  private final MetricSet out;

  RouterMetrics(ServerScrape scrape) {
    this.scrape = scrape;
    this.out = scrape.out();
  }

  /** Request that a server may reject. */
  private interface StatusQuery {
    void ask() throws IOException;
  }

  private void each(StatusQuery... questions) throws IOException {
    for (StatusQuery q : questions) {
      try {
        q.ask();
      } catch (MongoException e) {
        LOG.log(Level.WARNING, "mongodb at {0}: {1}", scrape.connection().host(), e.getMessage());
      }
    }
  }

  /** Collects the metrics of mongodb_exporter 0.1x. */
  void collect() throws IOException {
    each(
        () -> databases(true, "partitioned"),
        () -> databases(false, "unpartitioned"),
        () ->
            out.gauge(
                "mongodb_mongos_sharding_collections_total",
                "Total # of Collections with Sharding enabled",
                scrape.count(CONFIG, "collections", Document.of("dropped", false))),
        this::balancer,
        this::changes,
        this::sizes,
        () ->
            out.gauge(
                "mongodb_mongos_sharding_shards_total",
                "Total number of shards",
                scrape.count(CONFIG, "shards", Document.of())),
        () ->
            out.gauge(
                "mongodb_mongos_sharding_shards_draining_total",
                "Total number of drainingshards",
                scrape.count(CONFIG, "shards", Document.of("draining", true))));
  }

  private void databases(boolean partitioned, String type) throws IOException {
    out.gauge(
        "mongodb_mongos_sharding_databases_total",
        "Total number of sharded databases",
        scrape.count(CONFIG, "databases", Document.of("partitioned", partitioned)),
        "type",
        type);
  }

  private void balancer() throws IOException {
    Document status = scrape.admin(Document.of("balancerStatus", 1));
    out.gauge(
        "mongodb_mongos_sharding_balancer_enabled",
        "Balancer is enabled",
        status.text("mode").equals("full") ? 1 : 0);
    out.gauge(
        "mongodb_mongos_sharding_chunks_is_balancer_running",
        "Shard balancer is in a balancing round",
        status.isTrue("inBalancerRound") ? 1 : 0);
  }

  private void changes() throws IOException {
    List<Document> found =
        scrape
            .connection()
            .aggregate(
                CONFIG,
                "changelog",
                Document.of(
                    "$match",
                    Document.of("time", Document.of("$gt", Instant.now().minus(CHANGES)))),
                Document.of(
                    "$group",
                    Document.of(
                        "_id",
                        Document.of("event", "$what", "note", "$details.note"),
                        "count",
                        Document.of("$sum", 1))));
    String name = "mongodb_mongos_sharding_changelog_10min_total";
    for (Document d : found) {
      String note = d.text("_id", "note");
      Double count = d.number("count");
      if (count != null) {
        String event = d.text("_id", "event") + (note.isEmpty() ? "" : "." + note);
        out.gauge(name, name, count, "event", event);
      }
    }
  }

  private void sizes() throws IOException {
    for (String database : scrape.databases()) {
      Document stats = scrape.connection().command(database, Document.of("dbStats", 1, "scale", 1));
      Document raw = stats.document("raw");
      if (raw != null) {
        raw.fields()
            .forEach(
                (server, s) -> {
                  if (s instanceof Document d) {
                    sizes(server.split("/", 2)[0], d);
                  }
                });
      }
    }
  }

  private void sizes(String shard, Document d) {
    size("data_size_bytes", "Bytes of data before compression.", "dataSize", shard, d);
    size("indexes_total", "Number of indexes.", "indexes", shard, d);
    size("index_size_bytes", "Bytes of all indexes.", "indexSize", shard, d);
    size("collections_total", "Total number of collections", "collections", shard, d);
  }

  private void size(String name, String help, String key, String shard, Document d) {
    Double v = d.number(key);
    out.gauge(
        "mongodb_mongos_db_" + name, help, v == null ? 0 : v, "db", d.text("db"), SHARD, shard);
  }

  /** Runs the collector {@code shards}. */
  void chunks() throws IOException {
    each(
        () ->
            out.gauge(
                "mongodb_mongos_sharding_chunks_total",
                "Total number of chunks",
                scrape.count(CONFIG, CHUNKS, Document.of())),
        () -> {
          for (Document d : byShard(Document.of())) {
            Double n = d.number("n");
            if (n != null && !d.text("_id").isEmpty()) {
              out.gauge(
                  "mongodb_mongos_sharding_shard_chunks_total",
                  "Total number of chunks per shard",
                  n,
                  SHARD,
                  d.text("_id"));
            }
          }
        },
        this::chunksOfCollections);
  }

  private List<Document> byShard(Document filter) throws IOException {
    return scrape
        .connection()
        .aggregate(
            CONFIG,
            CHUNKS,
            Document.of("$match", filter),
            Document.of("$group", Document.of("_id", "$shard", "n", Document.of("$sum", 1))));
  }

  private void chunksOfCollections() throws IOException {
    List<Document> collections =
        scrape
            .connection()
            .cursor(CONFIG, Document.of("find", "collections", "filter", Document.of()));
    DocumentMetrics to = new DocumentMetrics(out, scrape.options().oldNames(), false);
    for (Document c : collections) {
      Namespace n = Namespace.parse(c.text("_id"));
      if (n.collection().isEmpty() || c.isTrue("dropped")) {
        continue;
      }
      // Since MongoDB 5 chunks name their collection by its UUID.
      boolean named = c.fields().containsKey("timestamp");
      for (Document d :
          byShard(named ? Document.of("uuid", c.at("uuid")) : Document.of("ns", c.text("_id")))) {
        to.add(
            "shards collection chunks",
            Document.of("count", d.at("n")),
            Map.of("database", n.database(), "collection", n.collection(), SHARD, d.text("_id")));
      }
    }
  }
}

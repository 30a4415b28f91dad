package dev.tethys.collect.database.mongodb;

import dev.tethys.collect.database.mongodb.wire.Document;
import dev.tethys.collect.database.mongodb.wire.MongoException;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Metrics of databases and collections; unreadable ones are omitted. */
final class CollectionMetrics {
  private static final System.Logger LOG = JulLogger.of(CollectionMetrics.class.getName());
  private static final String DATABASE = "database";

  private final ServerScrape scrape;

  CollectionMetrics(ServerScrape scrape) {
    this.scrape = scrape;
  }

  private Map<String, String> labels(Namespace n, Document found) {
    Map<String, String> labels = new LinkedHashMap<>(scrape.labels());
    labels.put(DATABASE, n.database());
    labels.put("collection", n.collection());
    if (!found.text("shard").isEmpty()) {
      labels.put("shard", found.text("shard"));
    }
    return labels;
  }

  private void warn(String what, MongoException e) {
    LOG.log(
        Level.WARNING,
        "mongodb at {0}: {1}: {2}",
        scrape.connection().host(),
        what,
        e.getMessage());
  }

  /** Runs an aggregation over a collection; returns empty if the server rejects it. */
  private List<Document> ask(Namespace n, Document... stages) throws IOException {
    try {
      return scrape.connection().aggregate(n.database(), n.collection(), stages);
    } catch (MongoException e) {
      warn(n.database() + "." + n.collection(), e);
      return List.of();
    }
  }

  void collstats() throws IOException {
    MongodbOptions.Collections c = scrape.options().collections();
    Document stats =
        Document.of(
            "$collStats",
            Document.of(
                "latencyStats",
                Document.of("histograms", false),
                "storageStats",
                Document.of("scale", 1)));
    Document less =
        Document.of(
            "$project", Document.of("storageStats.wiredTiger", 0, "storageStats.indexDetails", 0));
    DocumentMetrics to = new DocumentMetrics(scrape.out(), false, false);
    for (Namespace n : Namespace.find(scrape, c.collstats(), c.discovering())) {
      List<Document> found =
          scrape.options().details().storage() ? ask(n, stats) : ask(n, stats, less);
      for (Document d : found) {
        to.add("collstats", d, labels(n, d));
      }
    }
  }

  void indexstats() throws IOException {
    MongodbOptions.Collections c = scrape.options().collections();
    DocumentMetrics to = new DocumentMetrics(scrape.out(), false, false);
    for (Namespace n : Namespace.find(scrape, c.indexstats(), c.discovering())) {
      for (Document d : ask(n, Document.of("$indexStats", Document.of()))) {
        Map<String, String> labels = labels(n, d);
        String name = d.text("name");
        labels.put(
            "key_name",
            scrape.options().details().descending() ? name.replace("-1", "DESC") : name);
        Double uses = d.number("accesses", "ops");
        Document shown =
            Document.of("accesses", Document.of("ops", uses == null ? Double.valueOf(0) : uses));
        Object building = d.at("building");
        to.add(
            "indexstats",
            building == null ? shown : shown.with(Document.of("building", building)),
            labels);
      }
    }
  }

  void dbstats() throws IOException {
    Document command = Document.of("dbStats", 1, "scale", 1);
    if (scrape.options().details().freeStorage()) {
      command = command.with(Document.of("freeStorage", 1));
    }
    for (String database : scrape.databases()) {
      try {
        Document found = scrape.connection().command(database, command);
        scrape.show("dbstats", found, DocumentMetrics.with(scrape.labels(), DATABASE, database));
      } catch (MongoException e) {
        warn(database, e);
      }
    }
  }

  void profile() throws IOException {
    Instant since = Instant.now().minus(scrape.options().details().profiled());
    Document filter = Document.of("ts", Document.of("$gte", since));
    for (String database : scrape.databases()) {
      try {
        scrape.show(
            "profile_slow_query",
            Document.of("count", scrape.count(database, "system.profile", filter)),
            DocumentMetrics.with(scrape.labels(), DATABASE, database));
      } catch (MongoException e) {
        warn(database + ".system.profile", e);
      }
    }
  }

  void top() throws IOException {
    Document totals = scrape.admin(Document.of("top", 1)).document("totals");
    if (totals == null) {
      throw new IOException("top gives no totals");
    }
    DocumentMetrics to = new DocumentMetrics(scrape.out(), false, false);
    totals
        .fields()
        .forEach(
            (name, found) -> {
              if (found instanceof Document d) { // next to a note
                to.add("top", d, labels(Namespace.parse(name), Document.of()));
              }
            });
  }
}

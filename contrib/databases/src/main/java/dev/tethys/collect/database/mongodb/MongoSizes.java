package dev.tethys.collect.database.mongodb;

import dev.tethys.collect.database.MetricSet;
import dev.tethys.collect.database.mongodb.wire.Document;
import dev.tethys.collect.database.mongodb.wire.MongoConnection;
import dev.tethys.collect.database.reader.ReaderTarget;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/** Sizes of databases and collections, read at longer intervals. Not thread-safe. */
final class MongoSizes {
  private static final int TOP = 20;
  private static final int MAX_COLLECTIONS = 5000;
  private static final Set<String> SYSTEM = Set.of("admin", "config", "local");

  private record Size(
      String database,
      String collection,
      double bytes,
      double storage,
      double free,
      double documents,
      double growth) {
    String[] labels() {
      return new String[] {"db", database, "collection", collection};
    }
  }

  private final ReaderTarget.Limits limits;
  private Map<String, Double> before = Map.of();
  private Map<String, Double> databases = Map.of();
  private List<Size> collections = List.of();
  private boolean read;
  private long readAt;

  MongoSizes(ReaderTarget.Limits limits) {
    this.limits = limits;
  }

  /** Reads the sizes if they are due. */
  void read(MongoConnection c, long nanos) throws IOException {
    if (!limits.sizes() || read && nanos - readAt < limits.tables().toNanos()) {
      return;
    }
    boolean first = !read;
    double seconds = (nanos - readAt) / 1e9;
    read = true;
    readAt = nanos;
    Map<String, Double> sums = new LinkedHashMap<>();
    Map<String, Double> now = new HashMap<>();
    List<Size> all = new ArrayList<>();
    for (Document d : c.command("admin", Document.of("listDatabases", 1)).documents("databases")) {
      String db = d.text("name");
      Double bytes = d.number("sizeOnDisk");
      if (SYSTEM.contains(db) || limits.excluded().contains(db) || bytes == null) {
        continue;
      }
      sums.put(db, bytes);
      List<Document> found =
          c.cursor(
              db,
              Document.of(
                  "listCollections",
                  1,
                  "filter",
                  Document.of("type", "collection"),
                  "nameOnly",
                  true));
      if (limits.maxTables() > 0 && found.size() > limits.maxTables()
          || now.size() + found.size() > MAX_COLLECTIONS) {
        continue;
      }
      for (Document one : found) {
        String name = one.text("name");
        Document s = c.command(db, Document.of("collStats", name));
        double total = number(s, "totalSize");
        Double old = before.get(db + "." + name);
        now.put(db + "." + name, total);
        all.add(
            new Size(
                db,
                name,
                total,
                number(s, "storageSize"),
                number(s, "freeStorageSize"),
                number(s, "count"),
                first || old == null ? 0 : (total - old) / seconds));
      }
    }
    before = now;
    databases = sums;
    collections = all;
  }

  private static double number(Document d, String field) {
    Double v = d.number(field);
    return v == null ? 0 : v;
  }

  private List<Size> top(ToDoubleFunction<Size> value) {
    return collections.stream()
        .filter(s -> value.applyAsDouble(s) > 0)
        .sorted(Comparator.comparingDouble(value).reversed())
        .limit(TOP)
        .toList();
  }

  /** Adds the metrics of the last reading. */
  void addTo(MetricSet out) {
    databases.forEach(
        (db, bytes) -> out.gauge("database_size_bytes", "Size of the database.", bytes, "db", db));
    for (Size s : top(Size::bytes)) {
      out.gauge("collection_size_bytes", "Size with indexes.", s.bytes, s.labels());
      out.gauge("collection_storage_size_bytes", "Size of the data.", s.storage, s.labels());
      out.gauge("collection_free_storage_bytes", "Reusable space.", s.free, s.labels());
      out.gauge("collection_documents", "Number of documents.", s.documents, s.labels());
    }
    for (Size s : top(Size::growth)) {
      out.gauge(
          "collection_size_growth_bytes_per_second",
          "Growth of the collection.",
          s.growth,
          s.labels());
    }
  }
}

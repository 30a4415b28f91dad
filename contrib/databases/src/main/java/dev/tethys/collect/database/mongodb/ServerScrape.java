package dev.tethys.collect.database.mongodb;

import dev.tethys.collect.database.MetricSet;
import dev.tethys.collect.database.mongodb.wire.Document;
import dev.tethys.collect.database.mongodb.wire.MongoConnection;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * A server in the course of one scrape.
 *
 * @param labels labels that identify the cluster
 */
record ServerScrape(
    MongoConnection connection,
    ServerRole role,
    Map<String, String> labels,
    MongodbOptions options,
    MetricSet out) {
  private static final String ADMIN = "admin";

  /** Runs a command of the database admin. */
  Document admin(Document command) throws IOException {
    return connection.command(ADMIN, command);
  }

  /** Adds the metrics of a document. */
  void show(String path, Document document, Map<String, String> own) {
    new DocumentMetrics(out, options.oldNames(), false).add(path, document, own);
  }

  /** Counts the documents of a collection that match a filter. */
  double count(String database, String collection, Document filter) throws IOException {
    List<Document> found =
        connection.aggregate(
            database,
            collection,
            Document.of("$match", filter),
            Document.of("$group", Document.of("_id", 1, "n", Document.of("$sum", 1))));
    Double n = found.isEmpty() ? null : found.getFirst().number("n");
    return n == null ? 0 : n;
  }

  /** Names of the databases visible to the user. */
  List<String> databases() throws IOException {
    Document answer =
        admin(Document.of("listDatabases", 1, "nameOnly", true, "authorizedDatabases", true));
    return answer.documents("databases").stream().map(d -> d.text("name")).toList();
  }
}

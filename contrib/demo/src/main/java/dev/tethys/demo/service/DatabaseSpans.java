package dev.tethys.demo.service;

import dev.tethys.demo.database.DatabaseClient;
import dev.tethys.model.tracing.ActiveSpan;
import java.io.IOException;
import java.util.List;

/** Client spans of statements, as semantic conventions of databases have them. */
final class DatabaseSpans {
  private DatabaseSpans() {}

  /**
   * Runs a statement in a span.
   *
   * @param summary operation and table
   */
  static List<List<String>> query(DatabaseClient database, int port, String summary, String sql)
      throws IOException, InterruptedException {
    try (ActiveSpan span = ActiveSpan.current().child(summary, ActiveSpan.Kind.CLIENT)) {
      span.set("db.system.name", "postgresql");
      span.set("db.namespace", "shop");
      span.set("db.operation.name", summary.substring(0, summary.indexOf(' ')));
      span.set("db.collection.name", summary.substring(summary.indexOf(' ') + 1));
      span.set("db.query.text", sql.replaceAll("'[^']*'", "?"));
      span.set("server.address", "shop-db");
      span.set("server.port", port);
      span.set("network.peer.address", "127.0.0.1");
      span.set("network.peer.port", port);
      try {
        List<List<String>> rows = database.query(sql);
        span.set("db.response.returned_rows", rows.size());
        return rows;
      } catch (IOException e) {
        span.failed(String.valueOf(e.getMessage()));
        throw e;
      }
    }
  }
}

package dev.tethys.collect.database.mongodb;

import com.google.re2j.Pattern;
import dev.tethys.collect.database.mongodb.wire.Document;
import dev.tethys.collect.database.mongodb.wire.MongoConnection;
import dev.tethys.collect.database.reader.DatabaseChange;
import dev.tethys.collect.database.reader.DefinitionHistory;
import dev.tethys.collect.database.reader.ReaderTarget;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Indexes of collections and parameters of the server as text, compared between readings. Not
 * thread-safe.
 */
final class MongoDefinitions {
  private static final int MAX_COLLECTIONS = 5000;
  private static final Set<String> SYSTEM = Set.of("admin", "config", "local");

  /** Fields of the answer that are not parameters. */
  private static final Set<String> OTHERS =
      Set.of("ok", "$clusterTime", "operationTime", "lastCommittedOpTime");

  private static final Pattern SECRET = Pattern.compile("(?i)password|secret|token|keyfile");

  private final ReaderTarget.Limits limits;
  private final DefinitionHistory history = new DefinitionHistory();
  private boolean read;
  private long readAt;

  MongoDefinitions(ReaderTarget.Limits limits) {
    this.limits = limits;
  }

  /** Whether the definitions are to be read now. */
  boolean isDue(long nanos) {
    return limits.changes() && (!read || nanos - readAt >= limits.tables().toNanos());
  }

  /** Changes since the last call. */
  List<DatabaseChange> take() {
    return history.take();
  }

  /** Reads parameters and indexes. */
  void read(MongoConnection c, long nanos) throws IOException {
    read = true;
    readAt = nanos;
    StringBuilder parameters = new StringBuilder();
    new TreeMap<>(c.command("admin", Document.of("getParameter", "*")).fields())
        .forEach(
            (name, value) -> {
              if (!OTHERS.contains(name) && !SECRET.matcher(name).find()) {
                parameters.append(name).append(" = ").append(value).append('\n');
              }
            });
    history.settings("getParameter", parameters.toString());
    List<String> names = new ArrayList<>();
    int collections = 0;
    for (Document d :
        c.command("admin", Document.of("listDatabases", 1, "nameOnly", true))
            .documents("databases")) {
      String db = d.text("name");
      if (SYSTEM.contains(db) || limits.excluded().contains(db)) {
        continue;
      }
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
      collections += found.size();
      if (limits.maxTables() > 0 && found.size() > limits.maxTables()
          || collections > MAX_COLLECTIONS) {
        continue;
      }
      Map<String, String> definitions = new LinkedHashMap<>();
      for (Document one : found) {
        String name = one.text("name");
        Map<String, String> indexes = new TreeMap<>();
        for (Document i : c.cursor(db, Document.of("listIndexes", name))) {
          StringBuilder text = new StringBuilder();
          new TreeMap<>(i.fields())
              .forEach((field, value) -> text.append(' ').append(field).append('=').append(value));
          indexes.put(i.text("name"), text.toString());
        }
        StringBuilder text = new StringBuilder();
        indexes.forEach((index, t) -> text.append("index").append(t).append('\n'));
        definitions.put(db + "/" + name, text.toString());
      }
      if (history.tables(db, definitions)) {
        names.add(db);
      }
    }
    history.retain(names);
  }
}

package dev.tethys.collect.database.mongodb;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.tethys.collect.database.mongodb.wire.Document;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A collection and its database.
 *
 * @param collection collection name; may contain dots
 */
record Namespace(String database, String collection) {
  private static final System.Logger LOG = JulLogger.of(Namespace.class.getName());
  private static final Set<String> OF_THE_SERVER = Set.of("admin", "config", "local");

  /** Reads {@code database.collection}; without a dot the collection is empty. */
  static Namespace parse(String text) {
    int dot = text.indexOf('.');
    return dot < 0
        ? new Namespace(text, "")
        : new Namespace(text.substring(0, dot), text.substring(dot + 1));
  }

  /** Counts the collections outside the server's own databases. */
  static int count(ServerScrape scrape) throws IOException {
    int n = 0;
    for (String database : scrape.databases()) {
      n += OF_THE_SERVER.contains(database) ? 0 : collections(scrape, database).size();
    }
    return n;
  }

  private static List<String> collections(ServerScrape scrape, String database) throws IOException {
    return scrape
        .connection()
        .cursor(
            database,
            Document.of(
                "listCollections",
                1,
                "filter",
                Document.of("type", Document.of("$in", List.of("collection", "timeseries"))),
                "nameOnly",
                true,
                "authorizedCollections",
                true))
        .stream()
        .map(d -> d.text("name"))
        .toList();
  }

  /**
   * Finds the selected collections, without views and system collections.
   *
   * @param discovering whether names are patterns; no names then match all collections
   */
  static List<Namespace> find(ServerScrape scrape, List<String> names, boolean discovering)
      throws IOException {
    List<Namespace> wanted = names.stream().map(n -> parse(n.strip())).toList();
    List<Namespace> out = new ArrayList<>();
    for (String database : scrape.databases()) {
      List<Namespace> here = wanted.stream().filter(n -> n.database.equals(database)).toList();
      boolean all = discovering && names.isEmpty();
      if ((discovering && OF_THE_SERVER.contains(database)) || (here.isEmpty() && !all)) {
        continue;
      }
      for (String c : new TreeSet<>(collections(scrape, database))) {
        boolean meant =
            discovering
                ? all || here.stream().anyMatch(n -> n.isIn(c))
                : here.contains(new Namespace(database, c));
        if (meant && !c.startsWith("system.")) {
          out.add(new Namespace(database, c));
        }
      }
    }
    if (!discovering) {
      for (Namespace n : wanted) {
        if (!n.collection.isEmpty() && !n.collection.startsWith("system.") && !out.contains(n)) {
          LOG.log(
              Level.WARNING,
              "mongodb at {0}: collection {1}.{2} does not exist or is not visible to the user",
              scrape.connection().host(),
              n.database,
              n.collection);
        }
      }
    }
    return out;
  }

  private boolean isIn(String name) {
    return collection.isEmpty() || pattern(collection).matcher(name).find();
  }

  /**
   * Compiles an expression for names of collections.
   *
   * @throws IllegalArgumentException if it is not a valid expression
   */
  static Pattern pattern(String text) {
    try {
      return Pattern.compile(text, Pattern.CASE_INSENSITIVE);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException("\"" + text + "\": " + e.getMessage(), e);
    }
  }
}

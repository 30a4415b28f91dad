package dev.tethys.collect.database.reader;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Definitions of the last reading of each database and the settings of the server. Not thread-safe.
 *
 * <p>Bound: {@link #MAX_CHARACTERS} of all texts; a database beyond it is not compared.
 */
public final class DefinitionHistory {
  /** Most characters of the definitions of a server. */
  public static final int MAX_CHARACTERS = 8 << 20;

  private final Map<String, Map<String, String>> databases = new HashMap<>();
  private final List<DatabaseChange> changes = new ArrayList<>();
  private @Nullable String settings;

  /**
   * Compares the definitions of a database with those of its last reading.
   *
   * @return false if there is no room for them
   */
  public boolean tables(String database, Map<String, String> definitions) {
    Map<String, String> before = databases.remove(database);
    if (size(definitions) + databases.values().stream().mapToLong(DefinitionHistory::size).sum()
        > MAX_CHARACTERS) {
      return false;
    }
    databases.put(database, definitions);
    changes.addAll(DatabaseChange.between(before, definitions));
    return true;
  }

  private static long size(Map<String, String> definitions) {
    return definitions.values().stream().mapToLong(String::length).sum();
  }

  /** Forgets all databases except these. */
  public void retain(List<String> names) {
    databases.keySet().retainAll(names);
  }

  /**
   * Compares settings with those of the last reading.
   *
   * @param name of the list, such as {@code pg_settings}
   */
  public void settings(String name, String text) {
    String before = settings;
    settings = text;
    if (before != null && !before.equals(text)) {
      changes.add(new DatabaseChange("", name, TextDifference.unified(name, before, text)));
    }
  }

  /** Changes since the last call. */
  public List<DatabaseChange> take() {
    List<DatabaseChange> out = List.copyOf(changes);
    changes.clear();
    return out;
  }
}

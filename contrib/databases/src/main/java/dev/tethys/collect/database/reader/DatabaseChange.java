package dev.tethys.collect.database.reader;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Changed definition of a table, or changed settings of a server.
 *
 * @param database empty for settings
 * @param object table or list of settings
 * @param difference unified difference of the definitions
 */
public record DatabaseChange(String database, String object, String difference) {
  /** Most bytes of a difference; the rest is cut. */
  public static final int MAX_DIFFERENCE = 64 << 10;

  /** Name of the kind of change; created and dropped tables are not changes. */
  public static final String TYPE = "changed";

  public DatabaseChange {
    if (difference.length() > MAX_DIFFERENCE) {
      difference = difference.substring(0, MAX_DIFFERENCE);
    }
  }

  /**
   * Changes between two readings of definitions.
   *
   * @param before by path such as {@code shop/public/orders}, null for the first reading, which has
   *     no changes
   */
  public static List<DatabaseChange> between(
      @Nullable Map<String, String> before, Map<String, String> after) {
    List<DatabaseChange> out = new ArrayList<>();
    if (before == null) {
      return out;
    }
    new TreeMap<>(after)
        .forEach(
            (path, text) -> {
              String old = before.get(path);
              if (old != null && !old.equals(text)) {
                String[] parts = path.split("/", -1);
                out.add(
                    new DatabaseChange(
                        parts.length > 1 ? parts[0] : "",
                        parts[parts.length - 1],
                        TextDifference.unified(path, old, text)));
              }
            });
    return out;
  }
}

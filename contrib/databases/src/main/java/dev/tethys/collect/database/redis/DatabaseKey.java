package dev.tethys.collect.database.redis;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A key, or a pattern of keys, in a numbered database.
 *
 * @param database its number
 */
record DatabaseKey(int database, String key) {
  /** Returns the database name used in labels. */
  String label() {
    return "db" + database;
  }

  boolean isPattern() {
    return key.chars().anyMatch(c -> "?*[]^".indexOf(c) >= 0);
  }

  /**
   * Reads {@code db3=orders:*,greeting}: database 0 by default, percent-encoded.
   *
   * @param flag flag name used in error messages
   * @throws IllegalArgumentException if it is not such a list
   */
  static List<DatabaseKey> parse(String flag, String text) {
    List<DatabaseKey> out = new ArrayList<>();
    for (String item : text.split(",")) {
      if (item.isEmpty()) {
        continue;
      }
      String[] f = item.split("=", -1);
      if (f.length > 2) {
        throw new IllegalArgumentException("couldn't parse " + flag + ": " + item);
      }
      String db = f.length == 1 ? "0" : f[0].trim().replace("db", "");
      String key;
      try {
        key = URLDecoder.decode(f[f.length - 1].trim(), StandardCharsets.UTF_8);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "couldn't parse " + flag + ": " + item + " is not percent-encoded", e);
      }
      if (db.isEmpty() || key.isEmpty()) {
        throw new IllegalArgumentException(
            "couldn't parse " + flag + ": " + item + " must be DATABASE=KEY or KEY");
      }
      if (!db.matches("\\d{1,9}")) {
        throw new IllegalArgumentException(
            "couldn't parse " + flag + ": " + db + " is not the number of a database");
      }
      out.add(new DatabaseKey(Integer.parseInt(db), key));
    }
    return List.copyOf(out);
  }
}

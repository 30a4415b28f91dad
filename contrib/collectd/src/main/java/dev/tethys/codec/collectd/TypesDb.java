package dev.tethys.codec.collectd;

import dev.tethys.codec.CodecException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The names of data sources by type, which packets omit: types.db(5). */
public final class TypesDb {
  private static final Set<String> KINDS = Set.of("COUNTER", "GAUGE", "DERIVE", "ABSOLUTE");

  private final Map<String, List<String>> names = new HashMap<>();

  /**
   * Adds the types in a file; the last definition of a type wins.
   *
   * @param file its name, for messages
   * @throws CodecException if a line is malformed, with its place
   */
  public void add(String file, String text) {
    int number = 0;
    for (String line : text.split("\n", -1)) {
      number++;
      String l = line.strip();
      if (l.isEmpty() || l.startsWith("#")) {
        continue;
      }
      String[] words = l.split("[\\s,]+");
      List<String> sources = new ArrayList<>();
      for (int i = 1; i < words.length; i++) {
        String[] parts = words[i].split(":", -1);
        if (parts.length != 4 || parts[0].isEmpty() || !KINDS.contains(parts[1])) {
          throw new CodecException(
              file + ":" + number + ": \"" + words[i] + "\" is not NAME:KIND:MIN:MAX");
        }
        sources.add(parts[0]);
      }
      if (sources.isEmpty()) {
        throw new CodecException(file + ":" + number + ": the type has no data sources");
      }
      names.put(words[0], List.copyOf(sources));
    }
  }

  public boolean isEmpty() {
    return names.isEmpty();
  }

  /** Returns the data sources of a type, or null if the type is unknown. */
  public @Nullable List<String> sources(String type) {
    return names.get(type);
  }
}

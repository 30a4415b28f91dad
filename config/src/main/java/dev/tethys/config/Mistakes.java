package dev.tethys.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Mistakes of a document, collected by a second reading that continues after each of them. The
 * first reading ends at the first mistake, so that a file without errors is read once.
 */
final class Mistakes {
  /** Maximum number of errors listed in one exception. */
  static final int MAX = 100;

  private static final Pattern PLACE = Pattern.compile("([^\\n]*?):(\\d{1,9}):(\\d{1,9}): ");

  private final Set<String> messages = new LinkedHashSet<>();
  private final Map<Object, Map<Section, Map<String, ConfigException>>> read =
      new IdentityHashMap<>();
  private @Nullable ConfigException only;

  /** Adds an error; one that passes through several readers is added by each and kept once. */
  void add(ConfigException e) {
    if (!(e instanceof NotBuiltException) && messages.add(String.valueOf(e.getMessage()))) {
      only = messages.size() == 1 ? e : null;
    }
  }

  /**
   * Returns the errors, by key, of a map already read by a section; null the first time, when an
   * empty map for them is stored.
   *
   * @param place identity of the map
   */
  @Nullable Map<String, ConfigException> before(Object place, Section section) {
    return read.computeIfAbsent(place, p -> new IdentityHashMap<>())
        .putIfAbsent(section, new HashMap<>());
  }

  /** Records the mistake of a key, for subsequent readers of the same map. */
  void add(Object place, Section section, String key, ConfigException e) {
    add(e);
    read.computeIfAbsent(place, p -> new IdentityHashMap<>())
        .computeIfAbsent(section, s -> new HashMap<>())
        .put(key, e);
  }

  /** Returns the mistake of a key found by an earlier reading. */
  @Nullable ConfigException of(Object place, Section section, String key) {
    return read.getOrDefault(place, Map.of()).getOrDefault(section, Map.of()).get(key);
  }

  private record Place(int file, int line, int column) {}

  /** Sorts the lines by file, line and column; those without a position come last. */
  private static List<String> inOrder(Set<String> lines) {
    Map<String, Integer> files = new HashMap<>();
    Map<String, Place> places = new HashMap<>();
    for (String line : lines) {
      Matcher m = PLACE.matcher(line);
      places.put(
          line,
          m.lookingAt()
              ? new Place(
                  files.computeIfAbsent(m.group(1), f -> files.size()),
                  Integer.parseInt(m.group(2)),
                  Integer.parseInt(m.group(3)))
              : new Place(Integer.MAX_VALUE, 0, 0));
    }
    List<String> out = new ArrayList<>(lines);
    out.sort(
        Comparator.comparing(
            (String line) -> Objects.requireNonNull(places.get(line)),
            Comparator.comparingInt(Place::file)
                .thenComparingInt(Place::line)
                .thenComparingInt(Place::column)));
    return out;
  }

  /** Creates an exception that lists all errors, one per line. */
  ConfigException toException(ConfigException first, List<NotBuiltException.Part> notBuilt) {
    add(first);
    Set<String> lines = new LinkedHashSet<>(messages);
    notBuilt.forEach(p -> lines.add(NotBuiltException.line(p)));
    if (lines.size() == 1) {
      return only == null ? first : only;
    }
    List<String> shown = inOrder(lines);
    if (shown.size() > MAX) {
      int more = shown.size() - MAX;
      shown = new ArrayList<>(shown.subList(0, MAX));
      shown.add("and " + more + " more mistakes");
    }
    return new ConfigException("", String.join("\n", shown));
  }
}

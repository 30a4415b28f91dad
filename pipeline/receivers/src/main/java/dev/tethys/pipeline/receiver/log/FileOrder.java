package dev.tethys.pipeline.receiver.log;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.operators.TimeText;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Selects the first of the found files in an order ({@code ordering_criteria}).
 *
 * @param regex extracts values from paths; null if only file times are compared
 * @param groupBy groups the files, of each of which the first are read; null for one group
 * @param topN number of files per group
 */
record FileOrder(
    @Nullable Pattern regex, @Nullable Pattern groupBy, int topN, List<SortBy> sortBy) {
  /** Type of the sort values. */
  enum Kind {
    NUMERIC,
    ALPHABETICAL,
    TIMESTAMP,
    MTIME
  }

  /** Sort criterion; the first that distinguishes two files decides. */
  record SortBy(Kind kind, String key, boolean ascending, @Nullable TimeText time) {}

  private static final Section SORT = new Section("sort_by", "Sort criterion.");
  private static final Key<Kind> KIND =
      SORT.required(
          "sort_type", Type.lowerCase("sort_type", Kind.class), "Type of the comparison.");
  private static final Key<String> KEY =
      SORT.key("regex_key", Type.STRING, "", "Named group with the value to compare.");
  private static final Key<Boolean> ASCENDING =
      SORT.key("ascending", Type.BOOL, false, "If true, the order is ascending.");
  private static final Key<String> LOCATION =
      SORT.key("location", Type.STRING, "UTC", "Time zone of timestamps.");
  private static final Key<String> FORMAT =
      SORT.key("format", Type.STRING, "", "Layout of timestamps, as in strptime.");
  private static final Key<String> LAYOUT =
      SORT.key("layout", Type.STRING, "", "Layout of timestamps; same as format.");

  private static final Section SECTION =
      new Section(
          "ordering_criteria", "Sort order of the found files; only the first ones are read.");
  private static final Key<Pattern> REGEX =
      SECTION.optional(
          "regex", Type.REGEX, "Regular expression whose named groups extract values from paths.");
  private static final Key<Pattern> GROUP_BY =
      SECTION.optional(
          "group_by",
          Type.REGEX,
          "Regular expression whose group extracts the value by which files are " + "grouped.");
  private static final Key<Long> TOP_N =
      SECTION.key("top_n", Type.INT, 1L, "Number of files read from each group.");
  private static final Key<List<SortBy>> SORT_BY =
      SECTION.required("sort_by", Type.list(SORT.type(FileOrder::sortBy)), "Sort criteria.");

  static final Type<FileOrder> TYPE = SECTION.type(FileOrder::read);

  private static SortBy sortBy(YamlObject o) {
    Kind k = o.get(KIND);
    if (k != Kind.MTIME && o.get(KEY).isEmpty()) {
      throw o.error("sort_by needs a regex_key");
    }
    TimeText time = null;
    if (k == Kind.TIMESTAMP) {
      String layout = o.get(FORMAT).isEmpty() ? o.get(LAYOUT) : o.get(FORMAT);
      if (layout.isEmpty()) {
        throw o.error("sort_by of timestamps needs a format");
      }
      try {
        time = TimeText.strptime(layout, o.get(LOCATION));
      } catch (IllegalArgumentException e) {
        throw o.error(String.valueOf(e.getMessage()));
      }
    }
    return new SortBy(k, o.get(KEY), o.get(ASCENDING), time);
  }

  private static FileOrder read(YamlObject o) {
    Pattern regex = o.find(REGEX);
    List<SortBy> sort = o.get(SORT_BY);
    for (SortBy s : sort) {
      if (s.kind != Kind.MTIME && (regex == null || !regex.namedGroups().containsKey(s.key))) {
        throw o.error("regex has no group (?P<" + s.key + ">…)");
      }
    }
    long n = o.get(TOP_N);
    if (n < 1 || n > Integer.MAX_VALUE) {
      throw o.error(TOP_N, "top_n must be at least 1");
    }
    Pattern group = o.find(GROUP_BY);
    if (group != null && group.groupCount() == 0) {
      throw o.error(GROUP_BY, "group_by has no group (…)");
    }
    return new FileOrder(regex, group, (int) n, List.copyOf(sort));
  }

  /**
   * Selects the files to read.
   *
   * @param order null for all
   * @param age maximum age of files; zero for no limit
   */
  static UnaryOperator<Collection<Path>> selection(@Nullable FileOrder order, Duration age) {
    if (order == null && !age.isPositive()) {
      return UnaryOperator.identity();
    }
    return found -> {
      Collection<Path> young = found;
      if (age.isPositive()) {
        long oldest = System.currentTimeMillis() - age.toMillis();
        young = found.stream().filter(p -> modified(p) >= oldest).toList();
      }
      return order == null ? young : order.first(young);
    };
  }

  private static long modified(Path p) {
    try {
      return Files.getLastModifiedTime(p).toMillis();
    } catch (IOException e) {
      return Long.MIN_VALUE;
    }
  }

  private record Candidate(Path path, Map<String, String> values) {}

  List<Path> first(Collection<Path> found) {
    Map<String, List<Candidate>> groups = new LinkedHashMap<>();
    for (Path p : found) {
      Map<String, String> values = values(p);
      if (values == null) {
        continue; // as in the Collector, files without a match are not read
      }
      groups.computeIfAbsent(group(p), k -> new ArrayList<>()).add(new Candidate(p, values));
    }
    Comparator<Candidate> order = null;
    for (SortBy s : sortBy) {
      Comparator<Candidate> c = comparator(s);
      c = s.ascending ? c : c.reversed();
      order = order == null ? c : order.thenComparing(c);
    }
    List<Path> out = new ArrayList<>();
    for (List<Candidate> g : groups.values()) {
      if (order != null) {
        g.sort(order);
      }
      g.stream().limit(topN).forEach(c -> out.add(c.path));
    }
    return out;
  }

  private @Nullable Map<String, String> values(Path p) {
    Pattern r = regex;
    if (r == null) {
      return Map.of();
    }
    Matcher m = r.matcher(p.toString());
    if (!m.find()) {
      return null;
    }
    Map<String, String> out = new LinkedHashMap<>();
    r.namedGroups()
        .forEach(
            (name, i) -> {
              String v = m.group(i);
              out.put(name, v == null ? "" : v);
            });
    return out;
  }

  private String group(Path p) {
    if (groupBy == null) {
      return "";
    }
    Matcher m = groupBy.matcher(p.toString());
    return m.find() ? String.valueOf(m.group(1)) : "";
  }

  private static Comparator<Candidate> comparator(SortBy s) {
    return switch (s.kind) {
      case ALPHABETICAL -> Comparator.comparing(c -> c.values.getOrDefault(s.key, ""));
      case NUMERIC -> Comparator.comparing(c -> number(c.values.getOrDefault(s.key, "")));
      case TIMESTAMP ->
          Comparator.comparingLong(
              c ->
                  Optional.ofNullable(s.time)
                      .map(t -> t.read(c.values.getOrDefault(s.key, "")))
                      .orElse(Long.MIN_VALUE));
      case MTIME -> Comparator.comparingLong(c -> modified(c.path));
    };
  }

  private static BigDecimal number(String s) {
    try {
      return s.length() > 100 ? BigDecimal.ZERO : new BigDecimal(s);
    } catch (NumberFormatException e) {
      return BigDecimal.ZERO;
    }
  }
}

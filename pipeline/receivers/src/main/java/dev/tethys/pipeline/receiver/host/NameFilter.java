package dev.tethys.pipeline.receiver.host;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.regex.Regex;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Include and exclude filter of names. Decisions are cached, so that expressions run once for each
 * name.
 */
final class NameFilter {
  /** Maximum number of cached names; beyond it, as processes change, the cache is cleared. */
  private static final int MAX_REMEMBERED = 10_000;

  /** List of names, or of expressions that match a substring. */
  record Names(Set<String> names, List<Regex> patterns) {
    boolean match(String name) {
      if (names.contains(name)) {
        return true;
      }
      for (Regex p : patterns) {
        if (p.find(name)) {
          return true;
        }
      }
      return false;
    }
  }

  private final @Nullable Names include;
  private final @Nullable Names exclude;
  private final Map<String, Boolean> wanted = new HashMap<>();

  NameFilter(@Nullable Names include, @Nullable Names exclude) {
    this.include = include;
    this.exclude = exclude;
  }

  boolean includes(String name) {
    if (include == null && exclude == null) {
      return true;
    }
    Boolean known = wanted.get(name);
    if (known == null) {
      known = (include == null || include.match(name)) && (exclude == null || !exclude.match(name));
      if (wanted.size() >= MAX_REMEMBERED) {
        wanted.clear();
      }
      wanted.put(name, known);
    }
    return known;
  }

  /** The keys of a pair of filters. */
  static final class Keys {
    private final Key<List<Names>> include;
    private final Key<List<Names>> exclude;

    /**
     * @param suffix suffix of the include and exclude keys, such as {@code _devices}
     * @param list the key of the names
     */
    Keys(Section scraper, String suffix, String list) {
      include =
          scraper.key(
              "include" + suffix, type("include" + suffix, list), List.of(), "Names to include.");
      exclude =
          scraper.key(
              "exclude" + suffix, type("exclude" + suffix, list), List.of(), "Names to exclude.");
    }

    NameFilter read(YamlObject o) {
      return new NameFilter(first(o.get(include)), first(o.get(exclude)));
    }

    private static @Nullable Names first(List<Names> of) {
      return of.isEmpty() ? null : of.getFirst();
    }

    /** Reads name filters; returns null if no name is listed. */
    private static Type<List<Names>> type(String name, String list) {
      Section s = new Section(name, "Filter by name: " + list + ".");
      Key<String> type =
          s.key("match_type", Type.STRING, "", "Type of the comparison: strict or regexp (RE2).");
      Key<List<String>> names =
          s.key(
              list,
              Type.list(Type.STRING),
              List.of(),
              "Names, or regular expressions with match_type regexp.");
      Section cache = new Section("regexp", "Cache of decisions, which is always enabled.");
      cache.key("cacheenabled", Type.BOOL, false, "No effect: decisions are always cached.");
      cache.key("cachemaxnumentries", Type.INT, 0L, "No effect: decisions are always cached.");
      Key<Boolean> cacheKey =
          s.key(
              "regexp",
              cache.type(
                  o -> {
                    o.readAll();
                    return true;
                  }),
              false,
              "No effect: decisions are always cached.");
      return s.type(
          o -> {
            o.get(cacheKey);
            List<String> written = o.get(names);
            if (written.isEmpty()) {
              return List.of();
            }
            return switch (o.get(type)) {
              case "strict" -> List.of(new Names(Set.copyOf(written), List.of()));
              case "regexp" -> {
                List<Regex> patterns = new ArrayList<>();
                for (String p : written) {
                  try {
                    patterns.add(Regex.compile(p));
                  } catch (dev.tethys.model.regex.RegexSyntaxException e) {
                    throw o.error(
                        names,
                        "\"" + p + "\" is not a valid regular expression: " + e.getMessage());
                  }
                }
                yield List.of(new Names(Set.of(), List.copyOf(patterns)));
              }
              default ->
                  throw o.error(
                      type, "match_type must be strict or regexp, not \"" + o.get(type) + "\"");
            };
          });
    }
  }
}

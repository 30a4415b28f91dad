package dev.tethys.collect.cloud.reader;

import dev.tethys.config.Key;
import dev.tethys.config.YamlObject;
import dev.tethys.model.regex.Glob;
import dev.tethys.model.regex.Regex;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Selects instances whose tags match globs; a missing tag has an empty value. */
public final class TagFilters {
  /** Selects all instances. */
  public static final TagFilters ALL = new TagFilters(Map.of());

  private static final int MAX_FILTERS = 100;
  private static final Glob.Syntax SYNTAX = new Glob.Syntax("", false, "^!", false);

  private final Map<String, Regex> filters;

  private final Map<String, String> globs;

  private TagFilters(Map<String, String> globs) {
    this.globs = Map.copyOf(globs);
    this.filters = new LinkedHashMap<>();
    globs.forEach((name, glob) -> filters.put(name, Glob.compile(glob, SYNTAX)));
  }

  /** Reads a map of names and globs. */
  public static TagFilters read(YamlObject o, Key<Map<String, String>> key) {
    Map<String, String> given = o.get(key);
    if (given.size() > MAX_FILTERS) {
      throw o.error(key, given.size() + " filters; at most " + MAX_FILTERS);
    }
    try {
      return of(given);
    } catch (IllegalArgumentException e) {
      throw o.error(key, e.getMessage() + "; it is not a glob");
    }
  }

  /** Filters by names and globs. */
  public static TagFilters of(Map<String, String> globs) {
    return new TagFilters(globs);
  }

  /** Whether there are no filters, so that no tags need to be read. */
  public boolean isEmpty() {
    return filters.isEmpty();
  }

  /** Whether all filters match. */
  public boolean matches(Map<String, String> tags) {
    return filters.entrySet().stream()
        .allMatch(f -> f.getValue().matches(tags.getOrDefault(f.getKey(), "")));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof TagFilters f && globs.equals(f.globs);
  }

  @Override
  public int hashCode() {
    return globs.hashCode();
  }
}

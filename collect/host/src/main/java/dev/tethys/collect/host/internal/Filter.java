package dev.tethys.collect.host.internal;

import com.google.re2j.Pattern;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Name filter: excludes names that match the first pattern and includes only names that match the
 * second. Results are cached, so that no pattern runs at a later scrape.
 */
public final class Filter {
  /** Maximum number of cached names; beyond it (containers change often) the cache is cleared. */
  public static final int MAX_REMEMBERED = 10_000;

  private final @Nullable Pattern exclude;
  private final @Nullable Pattern include;
  private final Map<String, Boolean> ignored = new HashMap<>();

  /** Empty patterns take everything. */
  public Filter(String exclude, String include) {
    this.exclude = exclude.isEmpty() ? null : Pattern.compile(exclude);
    this.include = include.isEmpty() ? null : Pattern.compile(include);
  }

  public boolean ignores(String name) {
    if (exclude == null && include == null) {
      return false;
    }
    Boolean known = ignored.get(name);
    if (known == null) {
      known =
          exclude != null && exclude.matcher(name).find()
              || include != null && !include.matcher(name).find();
      if (ignored.size() >= MAX_REMEMBERED) {
        ignored.clear();
      }
      ignored.put(name, known);
    }
    return known;
  }

  public int remembered() {
    return ignored.size();
  }
}

package dev.tethys.collect.host.internal;

import dev.tethys.model.regex.Glob;
import dev.tethys.model.regex.Regex;
import java.io.File;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Paths with the wildcards {@code * ? [...]}, none of which matches a slash. */
final class Globs {
  /** Maximum number of paths matched by a pattern. */
  static final int MAX_PATHS = 10_000;

  private static final Glob.Syntax SYNTAX = new Glob.Syntax("", false, "^!", false);

  private Globs() {}

  /** Matching paths, sorted; the pattern itself if there are none. */
  static List<String> folders(String glob) {
    if (!hasWildcard(glob)) {
      return List.of(glob);
    }
    List<String> paths = List.of(glob.startsWith("/") ? "/" : "");
    for (String part : glob.split("/")) {
      if (part.isEmpty()) {
        continue;
      }
      List<String> next = new ArrayList<>();
      for (String p : paths) {
        expand(p, part, next);
      }
      paths = next;
    }
    return paths.isEmpty() ? List.of(glob) : paths;
  }

  private static void expand(String folder, String part, List<String> to) {
    String prefix = folder.isEmpty() || folder.endsWith("/") ? folder : folder + "/";
    if (!hasWildcard(part)) {
      if (new File(prefix + part).exists()) {
        to.add(prefix + part);
      }
      return;
    }
    String[] names = new File(folder.isEmpty() ? "." : folder).list();
    if (names == null) {
      return;
    }
    Arrays.sort(names);
    try {
      Regex m = Glob.compile(part, SYNTAX);
      for (String name : names) {
        if (to.size() < MAX_PATHS && m.matches(name)) {
          to.add(prefix + name);
        }
      }
    } catch (IllegalArgumentException e) {
      // Then it is a plain name, which no file bears.
    }
  }

  private static boolean hasWildcard(String s) {
    return s.indexOf('*') >= 0 || s.indexOf('?') >= 0 || s.indexOf('[') >= 0;
  }
}

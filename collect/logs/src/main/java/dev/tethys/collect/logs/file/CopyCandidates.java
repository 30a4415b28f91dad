package dev.tethys.collect.logs.file;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Finds candidates for copies of a file ({@link RotatedVersions#isRelated}) without scanning all
 * files, because a folder may hold ten thousand.
 */
final class CopyCandidates<T> {
  private record Name(Path folder, String text) {}

  private final Map<Name, Set<T>> byPlainName = new HashMap<>();
  private final Map<Name, Set<T>> byBase = new HashMap<>();

  void add(Path file, T what) {
    byPlainName.computeIfAbsent(plain(file), k -> new LinkedHashSet<>()).add(what);
    byBase.computeIfAbsent(base(file), k -> new LinkedHashSet<>()).add(what);
  }

  void remove(Path file, T what) {
    take(byPlainName, plain(file), what);
    take(byBase, base(file), what);
  }

  private static <T> void take(Map<Name, Set<T>> from, Name name, T what) {
    Set<T> s = from.get(name);
    if (s != null && s.remove(what) && s.isEmpty()) {
      from.remove(name);
    }
  }

  /** All related files in its folder, including files of the same name. */
  Set<T> of(Path file) {
    Set<T> out = new LinkedHashSet<>(byBase.getOrDefault(base(file), Set.of()));
    Name name = plain(file);
    for (int i = 1; i <= name.text.length(); i++) {
      out.addAll(
          byPlainName.getOrDefault(new Name(name.folder, name.text.substring(0, i)), Set.of()));
    }
    return out;
  }

  private static Name plain(Path file) {
    return new Name(folder(file), RotatedVersions.plainName(file));
  }

  private static Name base(Path file) {
    return new Name(folder(file), RotatedVersions.base(RotatedVersions.plainName(file)));
  }

  private static Path folder(Path file) {
    Path parent = file.getParent();
    return parent == null ? file : parent;
  }
}

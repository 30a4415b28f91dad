package dev.tethys.collect.logs.file;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Path pattern in the syntax of Go's doublestar library. It has {@code *} and {@code ?} within one
 * name, {@code [a-z]} and {@code [^a-z]}, {@code {this,that}}, and {@code **} as a whole name for
 * any number of folders. A backslash escapes the next character. Names that begin with a dot are
 * matched like others.
 */
public final class Glob {
  /** How many patterns the braces of one may expand to. */
  static final int MAX_ALTERNATIVES = 1000;

  /** How deep folders are followed; links may lead in circles. */
  static final int MAX_DEPTH = 64;

  private static final String ANY_FOLDERS = "**";

  private final String text;
  private final List<List<String>> alternatives; // each a path as names

  private Glob(String text, List<List<String>> alternatives) {
    this.text = text;
    this.alternatives = alternatives;
  }

  /** Visitor of matching files. */
  public interface Visitor {
    /** A folder in which matching files may appear. */
    void folder(Path folder);

    /** Something, not a folder, whose path matches; the same path may come twice. */
    void file(Path file);
  }

  /**
   * Reads a pattern; one that is not absolute is relative to where the process runs.
   *
   * @throws IllegalArgumentException saying what is wrong with it
   */
  public static Glob of(String pattern) {
    List<String> expanded = new ArrayList<>();
    expand(pattern, pattern, expanded);
    List<List<String>> alternatives = new ArrayList<>();
    for (String e : expanded) {
      String absolute = e.startsWith("/") ? e : Path.of("").toAbsolutePath() + "/" + e;
      List<String> names = new ArrayList<>();
      for (String name : absolute.split("/")) {
        if (name.equals("..")) {
          throw new IllegalArgumentException(
              "\"" + pattern + "\": .. is not accepted in a pattern");
        }
        if (!name.isEmpty() && !name.equals(".")) {
          check(pattern, name);
          names.add(name);
        }
      }
      alternatives.add(List.copyOf(names));
    }
    return new Glob(pattern, List.copyOf(alternatives));
  }

  /**
   * What any of several patterns matches.
   *
   * @throws IllegalArgumentException saying what is wrong with one
   */
  public static Glob anyOf(List<String> patterns) {
    List<List<String>> all = new ArrayList<>();
    patterns.forEach(p -> all.addAll(of(p).alternatives));
    return new Glob(String.join(", ", patterns), List.copyOf(all));
  }

  private static void check(String pattern, String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      try {
        if (c == '\\') {
          Objects.checkIndex(++i, name.length());
        } else if (c == '[') {
          // Any character will do to see where the class ends.
          matchOne(name, i, 'x');
          i = classEnd(name, i);
        }
      } catch (IndexOutOfBoundsException e) {
        throw new IllegalArgumentException(
            "\"" + pattern + "\" is not a valid pattern: a " + c + " has no end", e);
      }
    }
  }

  private static int classEnd(String name, int from) {
    int i = from + 1;
    if (name.charAt(i) == '^' || name.charAt(i) == '!') {
      i++;
    }
    for (int first = i; i == first || name.charAt(i) != ']'; i++) {
      if (name.charAt(i) == '\\') {
        i++;
      }
    }
    return i;
  }

  private static void expand(String whole, String pattern, List<String> out) {
    int open = -1;
    int depth = 0;
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      if (c == '\\') {
        i++;
      } else if (c == '{' && depth++ == 0) {
        open = i;
      } else if (c == '}' && depth > 0 && --depth == 0) {
        String before = pattern.substring(0, open);
        String after = pattern.substring(i + 1);
        for (String part : parts(pattern.substring(open + 1, i))) {
          expand(whole, before + part + after, out);
        }
        return;
      }
    }
    if (depth > 0) {
      throw new IllegalArgumentException("\"" + whole + "\" is not a valid pattern: a { has no }");
    }
    if (out.size() == MAX_ALTERNATIVES) {
      throw new IllegalArgumentException(
          "\"" + whole + "\" expands to more than " + MAX_ALTERNATIVES + " patterns");
    }
    out.add(pattern);
  }

  private static List<String> parts(String inner) {
    List<String> out = new ArrayList<>();
    int from = 0;
    int depth = 0;
    for (int i = 0; i < inner.length(); i++) {
      switch (inner.charAt(i)) {
        case '\\' -> i++;
        case '{' -> depth++;
        case '}' -> depth--;
        case ',' -> {
          if (depth == 0) {
            out.add(inner.substring(from, i));
            from = i + 1;
          }
        }
        default -> {}
      }
    }
    out.add(inner.substring(from));
    return out;
  }

  /** Whether a path matches. */
  public boolean matches(Path path) {
    List<String> names = new ArrayList<>();
    path.toAbsolutePath().forEach(n -> names.add(n.toString()));
    for (List<String> a : alternatives) {
      if (matches(a, 0, names, 0)) {
        return true;
      }
    }
    return false;
  }

  private static boolean matches(List<String> pattern, int p, List<String> names, int n) {
    while (p < pattern.size()) {
      if (pattern.get(p).equals(ANY_FOLDERS)) {
        if (p == pattern.size() - 1) {
          return n < names.size();
        }
        for (int i = n; i < names.size(); i++) {
          if (matches(pattern, p + 1, names, i)) {
            return true;
          }
        }
        return false;
      }
      if (n == names.size() || !matches(pattern.get(p), 0, names.get(n), 0)) {
        return false;
      }
      p++;
      n++;
    }
    return n == names.size();
  }

  /** One name against one pattern; a star is tried again further on, once for each character. */
  private static boolean matches(String pattern, int p, String name, int n) {
    int starP = -1;
    int starN = -1;
    while (true) {
      if (p < pattern.length() && pattern.charAt(p) == '*') {
        starP = ++p;
        starN = n;
        continue;
      }
      if (n == name.length()) {
        return p == pattern.length();
      }
      int next = p < pattern.length() ? matchOne(pattern, p, name.charAt(n)) : 0;
      if (next > 0) {
        p = next;
        n++;
      } else if (starP >= 0) {
        p = starP;
        n = ++starN;
      } else {
        return false;
      }
    }
  }

  /** Where the pattern continues after it matched one character; 0 when it does not match. */
  private static int matchOne(String pattern, int p, char c) {
    switch (pattern.charAt(p)) {
      case '?':
        return p + 1;
      case '\\':
        return pattern.charAt(p + 1) == c ? p + 2 : 0;
      case '[':
        int i = p + 1;
        boolean negated = pattern.charAt(i) == '^' || pattern.charAt(i) == '!';
        if (negated) {
          i++;
        }
        boolean found = false;
        for (int first = i; i == first || pattern.charAt(i) != ']'; ) {
          if (pattern.charAt(i) == '\\') {
            i++;
          }
          char low = pattern.charAt(i++);
          char high = low;
          if (pattern.charAt(i) == '-' && pattern.charAt(i + 1) != ']') {
            i++;
            if (pattern.charAt(i) == '\\') {
              i++;
            }
            high = pattern.charAt(i++);
          }
          found |= low <= c && c <= high;
        }
        return found != negated ? i + 1 : 0;
      default:
        return pattern.charAt(p) == c ? p + 1 : 0;
    }
  }

  /** Finds what there is now. Folders that cannot be listed count as empty. */
  public void walk(Visitor visitor) {
    for (List<String> a : alternatives) {
      new Walk(a, visitor).from(Path.of("/"), 0, 0);
    }
  }

  private static boolean isPattern(String name) {
    return name.chars().anyMatch(c -> c == '*' || c == '?' || c == '[');
  }

  private static String unescaped(String name) {
    return name.replaceAll("\\\\(.)", "$1");
  }

  private record Walk(List<String> pattern, Visitor visitor, Set<String> seen) {
    Walk(List<String> pattern, Visitor visitor) {
      this(pattern, visitor, new HashSet<>());
    }

    /** Where folders lead, so that links in a circle end. */
    private boolean enter(Path folder, int p) {
      try {
        return seen.add(p + "\0" + folder.toRealPath());
      } catch (IOException e) {
        return false;
      }
    }

    void from(Path folder, int p, int depth) {
      if (depth > MAX_DEPTH) {
        return;
      }
      String name = pattern.get(p);
      boolean last = p == pattern.size() - 1;
      if (name.equals(ANY_FOLDERS)) {
        if (!enter(folder, p)) {
          return;
        }
        if (!last) {
          from(folder, p + 1, depth);
        }
        list(
            folder,
            child -> {
              if (Files.isDirectory(child)) {
                from(child, p, depth + 1);
              } else if (last) {
                visitor.file(child);
              }
            });
      } else if (isPattern(name)) {
        list(
            folder,
            child -> {
              if (matches(name, 0, child.getFileName().toString(), 0)) {
                step(child, p, last, depth);
              }
            });
      } else {
        visitor.folder(folder);
        try {
          step(folder.resolve(unescaped(name)), p, last, depth);
        } catch (InvalidPathException e) {
          // no file can have such a name
        }
      }
    }

    private void step(Path child, int p, boolean last, int depth) {
      if (last) {
        if (isFile(child)) {
          visitor.file(child);
        }
      } else if (Files.isDirectory(child)) {
        from(child, p + 1, depth + 1);
      }
    }

    /** Asked once: there may be many. */
    private static boolean isFile(Path path) {
      try {
        return !Files.readAttributes(path, BasicFileAttributes.class).isDirectory();
      } catch (IOException e) {
        return false;
      }
    }

    private void list(Path folder, java.util.function.Consumer<Path> each) {
      visitor.folder(folder);
      List<Path> children = new ArrayList<>();
      try (DirectoryStream<Path> s = Files.newDirectoryStream(folder)) {
        s.forEach(children::add);
      } catch (IOException | DirectoryIteratorException e) {
        return;
      }
      children.sort(null);
      children.forEach(each);
    }
  }

  @Override
  public String toString() {
    return text;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Glob g && g.text.equals(text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }
}

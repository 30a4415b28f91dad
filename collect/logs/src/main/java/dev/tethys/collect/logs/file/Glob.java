package dev.tethys.collect.logs.file;

import dev.tethys.model.regex.Regex;
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
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Path pattern in the syntax of Go's doublestar library. It has {@code *} and {@code ?} within one
 * name, {@code [a-z]} and {@code [^a-z]}, {@code {this,that}}, and {@code **} as a whole name for
 * any number of folders. A backslash escapes the next character. Names that begin with a dot are
 * matched like others.
 */
public final class Glob {
  /** Maximum number of patterns that the braces of a glob may expand to. */
  static final int MAX_ALTERNATIVES = 1000;

  /** Maximum depth of folders; links may form cycles. */
  static final int MAX_DEPTH = 64;

  private static final String ANY_FOLDERS = "**";

  private static final dev.tethys.model.regex.Glob.Syntax SYNTAX =
      new dev.tethys.model.regex.Glob.Syntax("", false, "^!", false);

  /**
   * Name in a path.
   *
   * @param regex pattern that it matches; null for the exact text
   */
  private record Name(String text, @Nullable Regex regex) {
    static Name of(String written) {
      boolean isPattern = written.chars().anyMatch(c -> c == '*' || c == '?' || c == '[');
      Regex r = dev.tethys.model.regex.Glob.compile(written, SYNTAX); // also checks escapes
      boolean isLiteral = !isPattern || isAnyFolders(written);
      return new Name(written.replaceAll("\\\\(.)", "$1"), isLiteral ? null : r);
    }

    private static boolean isAnyFolders(String text) {
      return text.equals(ANY_FOLDERS);
    }

    boolean isAnyFolders() {
      return isAnyFolders(text);
    }

    boolean matches(String name) {
      return regex == null ? text.equals(name) : regex.matches(name);
    }
  }

  private final String text;
  private final List<List<Name>> alternatives; // each a path

  private Glob(String text, List<List<Name>> alternatives) {
    this.text = text;
    this.alternatives = alternatives;
  }

  /** Receives matching files. */
  public interface Visitor {
    /** Reports a folder in which matching files may appear. */
    void folder(Path folder);

    /** A matching path other than a folder; may be reported twice. */
    void file(Path file);
  }

  /**
   * Reads a pattern; a relative one is resolved against the working directory.
   *
   * @throws IllegalArgumentException with the problem
   */
  public static Glob of(String pattern) {
    List<String> expanded = new ArrayList<>();
    expand(pattern, pattern, expanded);
    List<List<Name>> alternatives = new ArrayList<>();
    for (String e : expanded) {
      String absolute = e.startsWith("/") ? e : Path.of("").toAbsolutePath() + "/" + e;
      List<Name> names = new ArrayList<>();
      for (String name : absolute.split("/")) {
        if (name.equals("..")) {
          throw new IllegalArgumentException(
              "\"" + pattern + "\": .. is not accepted in a pattern");
        }
        if (!name.isEmpty() && !name.equals(".")) {
          try {
            names.add(Name.of(name));
          } catch (IllegalArgumentException x) {
            throw new IllegalArgumentException(
                "\"" + pattern + "\" is not a valid pattern: " + x.getMessage(), x);
          }
        }
      }
      alternatives.add(List.copyOf(names));
    }
    return new Glob(pattern, List.copyOf(alternatives));
  }

  /**
   * Returns a glob that matches if any of several patterns does.
   *
   * @throws IllegalArgumentException if a pattern is invalid, with the reason
   */
  public static Glob anyOf(List<String> patterns) {
    List<List<Name>> all = new ArrayList<>();
    patterns.forEach(p -> all.addAll(of(p).alternatives));
    return new Glob(String.join(", ", patterns), List.copyOf(all));
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
    for (List<Name> a : alternatives) {
      if (matches(a, 0, names, 0)) {
        return true;
      }
    }
    return false;
  }

  private static boolean matches(List<Name> pattern, int p, List<String> names, int n) {
    while (p < pattern.size()) {
      if (pattern.get(p).isAnyFolders()) {
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
      if (n == names.size() || !pattern.get(p).matches(names.get(n))) {
        return false;
      }
      p++;
      n++;
    }
    return n == names.size();
  }

  /** Finds existing files. Folders that cannot be listed count as empty. */
  public void walk(Visitor visitor) {
    for (List<Name> a : alternatives) {
      new Walk(a, visitor).from(Path.of("/"), 0, 0);
    }
  }

  private record Walk(List<Name> pattern, Visitor visitor, Set<String> seen) {
    Walk(List<Name> pattern, Visitor visitor) {
      this(pattern, visitor, new HashSet<>());
    }

    /** Enters a folder by its real path, so that cycles of links end. */
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
      Name name = pattern.get(p);
      boolean last = p == pattern.size() - 1;
      if (name.isAnyFolders()) {
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
      } else if (name.regex() != null) {
        list(
            folder,
            child -> {
              if (name.matches(child.getFileName().toString())) {
                step(child, p, last, depth);
              }
            });
      } else {
        visitor.folder(folder);
        try {
          step(folder.resolve(name.text()), p, last, depth);
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

    /** Requested once, because there may be many. */
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

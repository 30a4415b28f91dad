package dev.tethys.config;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.stream.Stream;

/**
 * Path whose last part may be a pattern with {@code *}, {@code ?} and {@code [a-z]}, as in
 * configuration files that include others.
 */
public final class FilePattern {
  private final Path path;
  private final boolean pattern;
  private final PathMatcher matcher;

  private FilePattern(Path path) {
    this.path = path;
    String name = String.valueOf(path.getFileName());
    this.pattern = name.chars().anyMatch(c -> c == '*' || c == '?' || c == '[');
    // Braces mean alternatives to Java alone.
    String glob = name.replace("{", "\\{").replace("}", "\\}");
    this.matcher = pattern ? FileSystems.getDefault().getPathMatcher("glob:" + glob) : p -> false;
  }

  /**
   * Reads a pattern.
   *
   * @throws IllegalArgumentException with the problem
   */
  public static FilePattern of(String text) {
    int star = text.indexOf('*');
    if (star >= 0 && text.indexOf('/', star) >= 0) {
      throw new IllegalArgumentException(
          "\"" + text + "\": only the last part of a path may be a pattern");
    }
    try {
      return new FilePattern(Path.of(text));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "\"" + text + "\" is not a valid pattern: " + e.getMessage(), e);
    }
  }

  /**
   * Returns the files of a pattern that must match at least one.
   *
   * @param subject of the files, for errors
   * @throws ConfigException if the pattern is invalid or matches no file
   * @throws IOException if the folder cannot be listed
   */
  public static List<Path> existing(String text, String subject) throws IOException {
    List<Path> found;
    try {
      found = of(text).files();
    } catch (IllegalArgumentException e) {
      throw new ConfigException(text, String.valueOf(e.getMessage()));
    }
    if (found.isEmpty()) {
      throw new ConfigException(text, "there is no file of " + subject + "; correct the path");
    }
    return found;
  }

  /** Returns the directory that contains the files. */
  public Path folder() {
    Path parent = path.toAbsolutePath().getParent();
    return parent == null ? path.toAbsolutePath() : parent;
  }

  /**
   * Returns the existing files, sorted; empty if the folder does not exist.
   *
   * @throws IOException if the folder cannot be listed
   */
  public List<Path> files() throws IOException {
    if (!pattern) {
      return Files.exists(path) ? List.of(path) : List.of();
    }
    Path folder = path.getParent();
    try (Stream<Path> s = Files.list(folder == null ? Path.of("") : folder)) {
      return s.filter(f -> matcher.matches(f.getFileName())).sorted().toList();
    } catch (NoSuchFileException | NotDirectoryException e) {
      return List.of();
    }
  }
}

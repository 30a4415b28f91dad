package dev.tethys.collect.logs.file;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Finds earlier versions of a log file in its folder: renamed, copied before truncation,
 * compressed. A name is related when it begins with that of the file ({@code app.log.bak}), or
 * differs only by a number or a date ({@code app.log.1}, {@code app.log-20261120.gz}, {@code
 * app-2026-11-20.log}).
 */
final class RotatedVersions {
  /** Maximum number of related files examined, the most recently changed first. */
  static final int MAX_CANDIDATES = 32;

  /** Number of attempts to find a file that is being renamed. */
  private static final int ATTEMPTS = 5;

  /** Resolution of a folder's time, in milliseconds. */
  private static final long TICK = 20;

  private static final Pattern COMPRESSED = Pattern.compile("\\.(gz|bz2|zst|z|xz)$");
  private static final Pattern NUMBER_AT_END =
      Pattern.compile("(?<![-._:TZ+0-9])[-._][-._:TZ+0-9]*[0-9][-._:TZ+0-9]*$");

  /** A related file and its status. */
  record SiblingFile(Path path, FileStat stat) {}

  private RotatedVersions() {}

  static boolean isRelated(Path file, Path other) {
    if (String.valueOf(file.getFileName()).equals(String.valueOf(other.getFileName()))) {
      return false;
    }
    String a = plainName(file);
    String b = plainName(other);
    return b.startsWith(a) || base(a).equals(base(b));
  }

  /** A name without the number or date of rotated files. */
  static String base(String name) {
    Matcher end = NUMBER_AT_END.matcher(name);
    if (end.find()) {
      return name.substring(0, end.start());
    }
    int dot = name.lastIndexOf('.');
    Matcher stem = NUMBER_AT_END.matcher(name.substring(0, Math.max(dot, 0)));
    return stem.find() ? name.substring(0, stem.start()) + name.substring(dot) : name;
  }

  /** Whether a name has no number and no date that would mark it as rotated. */
  static boolean isUnnumbered(Path file) {
    String name = String.valueOf(file.getFileName());
    return base(plainName(file)).equals(name);
  }

  static String plainName(Path p) {
    return COMPRESSED.matcher(String.valueOf(p.getFileName())).replaceFirst("");
  }

  private static boolean isRelated(SearchFolders file, Path other) {
    return file.names().stream().anyMatch(n -> isRelated(n, other));
  }

  /** The file of an id, under any name it has in its folder. */
  static @Nullable SiblingFile of(SearchFolders file, FileId id) {
    for (SiblingFile f : list(file, p -> true, false)) {
      if (f.stat.id().mayBe(id)) {
        return f;
      }
    }
    return null;
  }

  /**
   * A related file other than the file itself that starts with the part read from it and may
   * contain more.
   */
  static @Nullable SiblingFile holding(
      SearchFolders file, Checkpoint c, FileId itself, FileOptions options) {
    if (c.headLength() == 0) {
      return null;
    }
    // A program that copies may compress, too.
    FileOptions any =
        new FileOptions(
            options.encoding(),
            Decompression.GZIP,
            options.decompressionDelay(),
            options.maxLine());
    for (SiblingFile f : list(file, p -> isRelated(file, p), true)) {
      if (f.stat.id().mayBe(itself)) {
        continue;
      }
      try (FileContent content = open(f, any)) {
        if (content.holds(c)) {
          return f;
        }
      } catch (IOException e) {
        // no copy then
      }
    }
    return null;
  }

  /**
   * Opens a file found under a name, which may have changed since.
   *
   * @throws NoSuchFileException if it has none
   */
  static FileContent open(SiblingFile found, FileOptions options) throws IOException {
    return open(new SearchFolders(found.path, found.path), found.stat.id(), options);
  }

  /**
   * Opens a file that is or was being read.
   *
   * @throws NoSuchFileException if it no longer has a name
   */
  static FileContent open(SearchFolders file, FileId id, FileOptions options) throws IOException {
    Path at = file.path();
    for (int i = 0; i < ATTEMPTS; i++) {
      try {
        FileContent c = FileContent.open(at, options);
        // Names move from a file to its successor and never return: so it is the file that was
        // opened.
        if (isAt(at, id)) {
          return c;
        }
        c.close();
      } catch (NoSuchFileException e) {
        // renamed or deleted
      }
      SiblingFile f = of(file, id);
      if (f == null) {
        break;
      }
      at = f.path;
    }
    throw new NoSuchFileException(file.path().toString());
  }

  private static boolean isAt(Path path, FileId id) throws IOException {
    return FileStat.of(path).id().mayBe(id);
  }

  /**
   * Returns files that were given this file's name, or copied from it, after another file was. The
   * oldest comes first, by modification time, which compression preserves.
   *
   * @param older the other file
   */
  static List<SiblingFile> since(
      SearchFolders file, FileStat older, FileId itself, Predicate<FileId> known) {
    Set<String> bases =
        file.names().stream().map(n -> base(plainName(n))).collect(Collectors.toSet());
    List<SiblingFile> out = new ArrayList<>();
    for (SiblingFile f : list(file, p -> bases.contains(base(plainName(p))), false)) {
      FileId id = f.stat.id();
      if (!id.mayBe(itself)
          && !id.mayBe(older.id())
          && !older.id().isYoungerThan(id)
          && f.stat.modified() >= older.modified()
          && !known.test(id)) {
        out.add(f);
      }
    }
    out.sort(
        Comparator.comparingLong((SiblingFile f) -> f.stat.modified())
            .thenComparingLong(f -> f.stat.id().createdAt()));
    return out;
  }

  /** Files next to the file, each once. */
  private static List<SiblingFile> list(
      SearchFolders file, Predicate<Path> which, boolean bounded) {
    Map<FileId, SiblingFile> found = new LinkedHashMap<>();
    for (Path folder : file.folders()) {
      for (SiblingFile f : list(folder, which)) {
        found.putIfAbsent(f.stat.id(), f);
      }
    }
    List<SiblingFile> out = new ArrayList<>(found.values());
    if (bounded && out.size() > MAX_CANDIDATES) {
      out.sort(Comparator.comparingLong((SiblingFile f) -> f.stat.modified()).reversed());
      out.subList(MAX_CANDIDATES, out.size()).clear();
    }
    return out;
  }

  /** Files in a folder. What is renamed while it is listed may not be in the list. */
  private static List<SiblingFile> list(Path folder, Predicate<Path> which) {
    long changed = changed(folder);
    List<SiblingFile> out = listed(folder, which);
    for (int i = 0; i < ATTEMPTS; i++) {
      long now = changed(folder);
      if (now == changed && System.currentTimeMillis() - now > TICK) {
        break;
      }
      List<SiblingFile> again = listed(folder, which);
      boolean same = names(again).equals(names(out));
      out = again;
      changed = now;
      if (same) {
        break;
      }
    }
    return out;
  }

  private static Map<Path, FileId> names(List<SiblingFile> found) {
    return found.stream()
        .collect(Collectors.toMap(SiblingFile::path, f -> f.stat.id(), (a, b) -> b));
  }

  private static long changed(Path folder) {
    try {
      return Files.getLastModifiedTime(folder).toMillis();
    } catch (IOException e) {
      return 0;
    }
  }

  private static List<SiblingFile> listed(Path folder, Predicate<Path> which) {
    List<SiblingFile> out = new ArrayList<>();
    try (DirectoryStream<Path> s = Files.newDirectoryStream(folder, which::test)) {
      for (Path p : s) {
        try {
          FileStat stat = FileStat.of(p);
          if (stat.regular()) {
            out.add(new SiblingFile(p, stat));
          }
        } catch (IOException e) {
          // deleted in the meantime
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      return out;
    }
    return out;
  }
}

package dev.tethys.pipeline.exporter.file;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Files by the value of an attribute, which replaces the placeholder of a path. At most a given
 * number is open; the least recently used is closed for another. Several exporters share it.
 *
 * <p>Invariant: no value leads out of the path's folder.
 */
final class GroupedFiles {
  /** Longest name of a file or folder, in bytes: the limit of Linux. */
  private static final int MAX_NAME_BYTES = 255;

  private static final int MAX_PATH_BYTES = 4095;

  /** Maximum number of files known to be created by this process; others are appended to. */
  static final int MAX_BEGUN = 100_000;

  /** Thrown for a value that can never be a file name. */
  static final class UnusableNameException extends Exception {
    private static final long serialVersionUID = 1L;

    UnusableNameException(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  private final FileSettings settings;
  private final LongSupplier millis;
  private final String prefix;
  private final String suffix;
  private final int maxOpen;

  @GuardedBy("this")
  private int users;

  @GuardedBy("this")
  private final LinkedHashMap<Path, RotatedFile> open = new LinkedHashMap<>(16, 0.75f, true);

  @GuardedBy("this")
  private final Set<Path> begun = new HashSet<>();

  GroupedFiles(FileSettings settings, FileSettings.Groups groups, LongSupplier millis) {
    this.settings = settings;
    this.millis = millis;
    String path = settings.path().toString();
    int at = path.indexOf(FileSettings.PLACEHOLDER);
    this.prefix = path.substring(0, at);
    this.suffix = path.substring(at + 1);
    this.maxOpen = groups.maxOpenFiles();
  }

  FileSettings settings() {
    return settings;
  }

  synchronized void open() {
    users++;
  }

  synchronized void close() {
    if (users > 0 && --users == 0) {
      UncheckedIOException first = null;
      for (RotatedFile f : open.values()) {
        try {
          f.close();
        } catch (UncheckedIOException e) {
          first = e;
        }
      }
      open.clear();
      begun.clear();
      if (first != null) {
        throw first;
      }
    }
  }

  /** Writes a record atomically to the file of a value. */
  synchronized void write(String value, byte[] record) throws IOException, UnusableNameException {
    if (users == 0) {
      throw new IOException("the files are closed");
    }
    Path path = path(value);
    RotatedFile file = open.get(path);
    if (file == null) {
      file = begin(path);
    }
    file.write(record);
  }

  @GuardedBy("this")
  private RotatedFile begin(Path path) throws IOException, UnusableNameException {
    while (open.size() >= maxOpen) {
      Map.Entry<Path, RotatedFile> eldest = open.firstEntry();
      open.remove(eldest.getKey());
      eldest.getValue().close();
    }
    // A file closed to limit open files is continued; a file of an earlier process is truncated.
    boolean append = settings.append() || begun.contains(path) || begun.size() >= MAX_BEGUN;
    RotatedFile file = new RotatedFile(settings.ofGroup(path, append), millis);
    try {
      file.open();
    } catch (FileAlreadyExistsException e) {
      throw new UnusableNameException(path + ": a file has the name of a folder", e);
    } catch (FileSystemException e) {
      String reason = String.valueOf(e.getReason());
      if (reason.contains("irectory") || reason.contains("too long")) {
        throw new UnusableNameException(path + ": " + reason, e);
      }
      throw e;
    }
    begun.add(path);
    open.put(path, file);
    return file;
  }

  /** Returns the path for a value, within the folder of the configured path. */
  Path path(String value) throws UnusableNameException {
    String segment =
        value.startsWith("./")
            ? value.substring(1)
            : value.startsWith("../") ? value.substring(2) : value;
    String path = clean(prefix + segment + suffix);
    if (!path.startsWith(prefix)) {
      path =
          prefix + (prefix.endsWith("/") ? "" : "/") + clean("/" + segment + suffix).substring(1);
    }
    if (path.getBytes(StandardCharsets.UTF_8).length > MAX_PATH_BYTES) {
      throw new UnusableNameException("path of more than " + MAX_PATH_BYTES + " bytes", null);
    }
    for (String name : path.split("/", -1)) {
      if (name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME_BYTES) {
        throw new UnusableNameException("name of more than " + MAX_NAME_BYTES + " bytes", null);
      }
    }
    try {
      return Path.of(path);
    } catch (InvalidPathException e) {
      throw new UnusableNameException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Normalizes a path without empty names, {@code .} and {@code ..}; it cannot leave the root. */
  private static String clean(String path) {
    Deque<String> names = new ArrayDeque<>();
    boolean absolute = path.startsWith("/");
    for (String name : path.split("/", -1)) {
      if (name.equals("..")) {
        if (!names.isEmpty() && !names.peekLast().equals("..")) {
          names.removeLast();
        } else if (!absolute) {
          names.add(name);
        }
      } else if (!name.isEmpty() && !name.equals(".")) {
        names.add(name);
      }
    }
    return (absolute ? "/" : "") + String.join("/", names);
  }
}

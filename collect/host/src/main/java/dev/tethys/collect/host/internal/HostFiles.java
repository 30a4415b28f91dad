package dev.tethys.collect.host.internal;

import dev.tethys.collect.host.HostPaths;
import dev.tethys.model.libc.Errno;
import dev.tethys.model.libc.LibraryFunction;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the small files of /proc and /sys into one buffer that is used again. Not thread-safe.
 *
 * <p>Invariant: no file larger than {@link #MAX_FILE} is ever held; every descriptor is closed
 * before a method returns.
 */
public final class HostFiles {
  /** A larger file is an error of its collector. /proc/interrupts of 1,000 cores has 3 MB. */
  public static final int MAX_FILE = 16 << 20;

  private static final int CHUNK = 64 << 10;
  private static final int MAX_PATH = 4096;

  private final HostPaths paths;
  private final MemorySegment state;
  private final MemorySegment chunk;
  private final MemorySegment cPath;
  private final Text text = new Text();
  private byte[] buffer = new byte[CHUNK];
  private int errno;

  /** Creates a reader with buffers that are reused for its lifetime. */
  public HostFiles(HostPaths paths) {
    this.paths = paths;
    Arena arena = Arena.ofAuto();
    state = LibraryFunction.errnoState(arena);
    chunk = arena.allocate(CHUNK);
    cPath = arena.allocate(MAX_PATH);
  }

  /** Paths of the host's file trees. */
  public HostPaths paths() {
    return paths;
  }

  public String proc(String name) {
    return paths.procfs() + "/" + name;
  }

  public String sys(String name) {
    return paths.sysfs() + "/" + name;
  }

  /** A host path as seen by this process. */
  public String rootfs(String name) {
    return paths.rootfs().equals("/") ? name : paths.rootfs() + name;
  }

  /** Reads a file; the result is valid until the next read. */
  public Text read(String path) throws HostFileException {
    if (!load(path)) {
      throw new HostFileException("open", path, errno);
    }
    return text;
  }

  /** Reads a file that need not be there: null if it is missing. */
  public @Nullable Text readIfThere(String path) throws HostFileException {
    if (load(path)) {
      return text;
    }
    if (errno == Errno.ENOENT || errno == Errno.ENOTDIR) {
      return null;
    }
    throw new HostFileException("read", path, errno);
  }

  /** Reads a file, null if it cannot be read for any reason. */
  public @Nullable Text tryRead(String path) {
    return load(path) ? text : null;
  }

  /** Reason why the last attempt failed. */
  public int errno() {
    return errno;
  }

  /** The content without blanks at its ends. */
  public String string(String path) throws HostFileException {
    return read(path).all();
  }

  /** The same, null if it cannot be read for any reason. */
  public @Nullable String stringOrNull(String path) {
    Text t = tryRead(path);
    return t == null ? null : t.all();
  }

  /**
   * A value of sysfs that may be absent in one of its usual ways: no file, not for this process,
   * not supported or not valid just now. Null then; any other error is one.
   */
  public @Nullable String sysAttribute(String path) throws HostFileException {
    Text t = tryRead(path);
    if (t != null) {
      return t.all();
    }
    if (isAbsence()) {
      return null;
    }
    throw new HostFileException("read", path, errno);
  }

  private boolean isAbsence() {
    return switch (errno) {
      case Errno.ENOENT, Errno.ENOTDIR, Errno.EACCES, Errno.EPERM, Errno.EOPNOTSUPP, Errno.EINVAL ->
          true;
      default -> false;
    };
  }

  /** A value of a file that need not be there: null if it is missing. */
  public @Nullable String stringIfThere(String path) throws HostFileException {
    Text t = readIfThere(path);
    return t == null ? null : t.all();
  }

  /** Reads a file that contains one unsigned integer. */
  public double uint(String path) throws IOException {
    return unsigned(read(path));
  }

  /** The same, NaN if it has none for any reason. */
  public double uintOrNaN(String path) {
    Text t = tryRead(path);
    if (t == null) {
      return Double.NaN;
    }
    try {
      return unsigned(t);
    } catch (MalformedException e) {
      return Double.NaN;
    }
  }

  /** Reads a file that contains one integer, possibly signed. */
  public long integer(String path) throws IOException {
    return whole(read(path));
  }

  private static double unsigned(Text t) throws MalformedException {
    long v = whole(t);
    if (t.buf[t.lineStart] == '-') { // as the kernel says that it does not know
      throw t.malformed("is below zero");
    }
    return Numbers.unsigned(v);
  }

  private static long whole(Text t) throws MalformedException {
    if (!t.nextLine() || !t.nextField()) {
      throw t.malformed("is empty");
    }
    long v = t.integer();
    if (t.nextField()) {
      throw t.malformed("holds more than a number");
    }
    return v;
  }

  /**
   * An open folder: its files are found without resolving the path again, which halves the cost of
   * reading a sysfs value.
   */
  public final class Folder implements AutoCloseable {
    private final String path;
    private final int fd;

    private Folder(String path, int fd) {
      this.path = path;
      this.fd = fd;
    }

    /** Like {@link HostFiles#sysAttribute}. */
    public @Nullable String attribute(String name) throws HostFileException {
      Text t = tryRead(name);
      if (t != null) {
        return t.all();
      }
      if (isAbsence()) {
        return null;
      }
      throw new HostFileException("read", path + "/" + name, errno);
    }

    /** Like {@link HostFiles#tryRead}. */
    public @Nullable Text tryRead(String name) {
      return put(name) && load(name, Posix.openAt(state, fd, cPath)) ? text : null;
    }

    @Override
    public void close() {
      Posix.close(fd);
    }
  }

  /** Opens a folder. */
  public Folder folder(String path) throws HostFileException {
    int fd = put(path) ? Posix.openFolder(state, cPath) : -1;
    if (fd < 0) {
      throw new HostFileException("open", path, LibraryFunction.errno(state));
    }
    return new Folder(path, fd);
  }

  /** Copies a path to native memory; returns false if it exceeds the maximum path length. */
  private boolean put(String path) {
    byte[] p = path.getBytes(StandardCharsets.UTF_8);
    if (p.length >= MAX_PATH) {
      errno = Errno.ENOENT;
      return false;
    }
    MemorySegment.copy(p, 0, cPath, ValueLayout.JAVA_BYTE, 0, p.length);
    cPath.set(ValueLayout.JAVA_BYTE, p.length, (byte) 0);
    return true;
  }

  private boolean load(String path) {
    return put(path) && load(path, Posix.open(state, cPath));
  }

  private boolean load(String path, int fd) {
    if (fd < 0) {
      errno = LibraryFunction.errno(state);
      return false;
    }
    try {
      int n = 0;
      while (true) {
        long got = Posix.read(state, fd, chunk, CHUNK);
        if (got < 0) {
          errno = LibraryFunction.errno(state);
          return false;
        }
        if (got == 0) {
          break;
        }
        if (n + got > MAX_FILE) {
          errno = Errno.EFBIG;
          return false;
        }
        if (n + got > buffer.length) {
          buffer = Arrays.copyOf(buffer, (int) Math.max(n + got, buffer.length * 2L));
        }
        MemorySegment.copy(chunk, ValueLayout.JAVA_BYTE, 0, buffer, n, (int) got);
        n += (int) got;
      }
      text.reset(path, buffer, n);
      return true;
    } finally {
      Posix.close(fd);
    }
  }

  /** The target of a link, null if it is unknown for any reason. */
  public @Nullable String link(String path) {
    if (!put(path)) {
      return null;
    }
    long n = Posix.readlink(state, cPath, chunk, MAX_PATH);
    if (n < 0) {
      errno = LibraryFunction.errno(state);
      return null;
    }
    byte[] b = new byte[(int) n];
    MemorySegment.copy(chunk, ValueLayout.JAVA_BYTE, 0, b, 0, b.length);
    return new String(b, StandardCharsets.UTF_8);
  }

  /** The names in a folder, sorted. */
  public List<String> list(String folder) throws HostFileException {
    String[] names = new File(folder).list();
    if (names == null) {
      throw new HostFileException(
          "open", folder, new File(folder).exists() ? Errno.EACCES : Errno.ENOENT);
    }
    Arrays.sort(names);
    return Arrays.asList(names);
  }

  /** The names in a folder, sorted; a host without that folder has no data. */
  public List<String> listOrNoData(String folder) throws NoDataException {
    String[] names = new File(folder).list();
    if (names == null) {
      throw NoDataException.NO_DATA;
    }
    Arrays.sort(names);
    return Arrays.asList(names);
  }

  /** The names in a folder, sorted; none when it cannot be read. */
  public List<String> listOrNone(String folder) {
    String[] names = new File(folder).list();
    if (names == null) {
      return List.of();
    }
    Arrays.sort(names);
    return Arrays.asList(names);
  }

  /** The names in a folder that are the prefix followed by a digit, sorted. */
  public List<String> numbered(String folder, String prefix) {
    List<String> out = new ArrayList<>();
    for (String name : listOrNone(folder)) {
      if (name.length() > prefix.length()
          && name.startsWith(prefix)
          && Character.isDigit(name.charAt(prefix.length()))) {
        out.add(name);
      }
    }
    return out;
  }

  public boolean exists(String path) {
    return new File(path).exists();
  }

  public boolean isFolder(String path) {
    return new File(path).isDirectory();
  }

  /** The path with all links followed, or null if it leads nowhere. */
  public @Nullable String realPath(String path) {
    try {
      return Path.of(path).toRealPath().toString();
    } catch (IOException e) {
      return null;
    }
  }
}

package dev.tethys.collect.host.internal;

import dev.tethys.collect.host.HostProcess;
import dev.tethys.model.libc.Errno;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A process as its folder in /proc shows it. */
final class FileProcess implements HostProcess {
  private static final String SOCKET = "socket:[";

  private final HostFiles files;
  private final int pid;
  private final ProcessStat stat;

  FileProcess(HostFiles files, int pid, ProcessStat stat) {
    this.files = files;
    this.pid = pid;
    this.stat = stat;
  }

  private String path(String name) {
    return files.proc(pid + "/" + name);
  }

  /** Null if the process has ended. */
  private @Nullable Text read(String path) throws IOException {
    Text t = files.tryRead(path);
    if (t == null && !ProcessStat.isGone(files.errno())) {
      throw new HostFileException("read", path, files.errno());
    }
    return t;
  }

  @Override
  public int pid() {
    return pid;
  }

  @Override
  public int parent() {
    return stat.parent();
  }

  @Override
  public String name() {
    return stat.name;
  }

  @Override
  public double startedAfterBoot() {
    return stat.startSeconds();
  }

  @Override
  public double userSeconds() {
    return stat.userSeconds();
  }

  @Override
  public double systemSeconds() {
    return stat.systemSeconds();
  }

  @Override
  public double waitSeconds() {
    return stat.waitSeconds();
  }

  @Override
  public long threads() {
    return stat.threads();
  }

  @Override
  public long minorFaults() {
    return stat.minorFaults();
  }

  @Override
  public long majorFaults() {
    return stat.majorFaults();
  }

  @Override
  public @Nullable List<String> arguments() throws IOException {
    Text t = read(path("cmdline"));
    if (t == null) {
      return null;
    }
    int end = t.limit > 0 && t.buf[t.limit - 1] == 0 ? t.limit - 1 : t.limit;
    List<String> out = new ArrayList<>();
    for (int from = 0; t.limit > 0 && from <= end; ) {
      int to = from;
      while (to < end && t.buf[to] != 0) {
        to++;
      }
      out.add(new String(t.buf, from, to - from, StandardCharsets.UTF_8));
      from = to + 1;
    }
    return out;
  }

  @Override
  public @Nullable String executable() throws IOException {
    String path = path("exe");
    String link = files.link(path);
    if (link == null && !ProcessStat.isGone(files.errno())) {
      throw new HostFileException("readlink", path, files.errno());
    }
    return link;
  }

  @Override
  public @Nullable String controlGroups() throws IOException {
    Text t = read(path("cgroup"));
    return t == null ? null : t.all();
  }

  @Override
  public @Nullable Status status() throws IOException {
    Text t = read(path("status"));
    if (t == null) {
      return null;
    }
    long user = -1;
    long pending = 0;
    while (t.nextLine()) {
      if (t.lineStartsWith("Uid:")) {
        t.needField();
        t.needField();
        user = t.integer();
      } else if (t.lineStartsWith("ShdPnd:")) {
        t.needField();
        t.needField();
        pending = Long.bitCount(t.hex());
        break; // what follows is not wanted
      }
    }
    if (user < 0) {
      throw t.malformed("names no user");
    }
    return new Status(user, pending);
  }

  @Override
  public @Nullable Memory memory() throws IOException {
    Text t = read(path("statm"));
    if (t == null) {
      return null;
    }
    t.nextLine();
    t.needField();
    long virtual = t.integer() * PageSize.BYTES;
    t.needField();
    return new Memory(t.integer() * PageSize.BYTES, virtual);
  }

  @Override
  public @Nullable Io io() throws IOException {
    Text t = read(path("io"));
    if (t == null) {
      return null;
    }
    long[] v = new long[4];
    while (t.nextLine()) {
      t.needField();
      int i =
          t.is("read_bytes:")
              ? 0
              : t.is("write_bytes:") ? 1 : t.is("syscr:") ? 2 : t.is("syscw:") ? 3 : -1;
      if (i >= 0) {
        t.needField();
        v[i] = t.integer();
      }
    }
    return new Io(v[0], v[1], v[2], v[3]);
  }

  @Override
  public @Nullable Switches switches() throws IOException {
    Text t = read(path("status"));
    long voluntary = -1;
    long involuntary = -1;
    while (t != null && t.nextLine()) {
      boolean own = t.lineStartsWith("voluntary_ctxt_switches:");
      if (own || t.lineStartsWith("nonvoluntary_ctxt_switches:")) {
        t.needField();
        t.needField();
        if (own) {
          voluntary = t.integer();
        } else {
          involuntary = t.integer();
        }
      }
    }
    return voluntary < 0 || involuntary < 0 ? null : new Switches(voluntary, involuntary);
  }

  @Override
  public int openFiles() throws IOException {
    File folder = new File(path("fd"));
    String[] names = folder.list();
    if (names != null) {
      return names.length;
    }
    if (folder.exists()) {
      throw new HostFileException("open", folder.getPath(), Errno.EACCES);
    }
    return -1;
  }

  @Override
  public @Nullable Set<Long> sockets() throws IOException {
    Path folder = Path.of(path("fd"));
    Set<Long> out = new HashSet<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(folder)) {
      for (Path p : all) {
        String to = link(p);
        if (to.startsWith(SOCKET) && to.endsWith("]")) {
          out.add(Long.parseLong(to.substring(SOCKET.length(), to.length() - 1)));
        }
      }
      return out;
    } catch (NoSuchFileException e) {
      return null;
    } catch (AccessDeniedException e) {
      throw new HostFileException("open", folder.toString(), Errno.EACCES);
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  /** Target of a link; {@code ""} if it has vanished. */
  private static String link(Path p) throws IOException {
    try {
      return Files.readSymbolicLink(p).toString();
    } catch (NoSuchFileException e) {
      return "";
    }
  }
}

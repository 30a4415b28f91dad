package dev.tethys.collect.observe.process;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Files of processes below /proc. What a process that is ending does not show is empty. */
public final class ProcessFiles {
  /** Class paths of Java take more than a page. */
  private static final int LONGEST_COMMAND = 1 << 16;

  private static final int LONGEST_ENVIRONMENT = 1 << 17;

  /** Readings of files that the kernel takes from the memory of the process. */
  private static final MemoryReadings MEMORY = MemoryReadings.process();

  /** Maximum length of a line of maps, with a path of at most one page. */
  private static final int MAPS_BUFFER = 3 << 12;

  private static final int MAX_MAPS = 4096; // executable parts
  private static final int MAX_MAPS_BYTES = 16 << 20;
  private static final int MAX_OPEN_FILES = 1 << 16;

  /** Bytes of other files: a user may have many mounts or sockets in a namespace. */
  private static final int MAX_TEXT = 16 << 20;

  private static final long MAX_NANOS = 2_000_000_000L;

  /** One mounted file system. */
  public record Mount(String device, String mountPoint, String source) {}

  /** Open file of a process. */
  public record OpenFile(int fd, String target) {
    /** Inode of a socket; empty for other files. */
    public String socketInode() {
      return target.startsWith("socket:[") ? target.substring(8, target.length() - 1) : "";
    }
  }

  /** TCP socket in a network namespace. */
  public record Socket(String inode, String local, String remote, boolean listens) {}

  private final Path proc;

  /**
   * @param proc mount point of /proc
   */
  public ProcessFiles(Path proc) {
    this.proc = proc;
  }

  /** Time since the start of the machine; 0 if it is not visible. */
  public double uptimeSeconds() {
    try {
      return Double.parseDouble(Files.readString(proc.resolve("uptime")).split(" ", 2)[0]);
    } catch (IOException | NumberFormatException e) {
      return 0;
    }
  }

  /** Lists the process IDs on the machine. */
  public List<Integer> pids() throws IOException {
    List<Integer> out = new ArrayList<>();
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(proc, "[0-9]*")) {
      for (Path p : folders) {
        String name = String.valueOf(p.getFileName());
        if (name.length() <= 9 && name.chars().allMatch(c -> c >= '0' && c <= '9')) {
          out.add(Integer.parseInt(name));
        }
      }
    }
    out.sort(null);
    return out;
  }

  /** Number of a process in its innermost namespace; its own number when it is in none. */
  public int namespacePid(int pid) {
    for (String line : text(pid, "status").lines().toList()) {
      if (line.startsWith("NSpid:")) {
        String[] numbers = line.substring(6).strip().split("\\s+");
        return number(numbers[numbers.length - 1], pid);
      }
    }
    return pid;
  }

  /** Reads the cgroup file of a process. */
  public String cgroup(int pid) {
    return text(pid, "cgroup");
  }

  /** Arguments, each ended by a NUL; empty for threads of the kernel. */
  public String commandLine(int pid) {
    return MEMORY.read(pid, () -> start(pid, "cmdline", LONGEST_COMMAND), "");
  }

  /** Value of a variable that a process was started with; empty if it is not set. */
  public String environment(int pid, String name) {
    String all = MEMORY.read(pid, () -> start(pid, "environ", LONGEST_ENVIRONMENT), "");
    for (String entry : all.split("\0", -1)) {
      if (entry.startsWith(name + "=")) {
        return entry.substring(name.length() + 1);
      }
    }
    return "";
  }

  /**
   * Mapped parts of memory that can be executed, a line each, as /proc shows them, up to a number.
   * Programs have many more others, which change all the time.
   */
  public List<String> executableMaps(int pid) {
    List<String> out = new ArrayList<>();
    byte[] buffer = new byte[MAPS_BUFFER];
    try (InputStream in = new FileInputStream(folder(pid).resolve("maps").toFile())) {
      int kept = 0; // bytes of a line of which the end is not read
      long total = 0;
      int withoutFile = 0;
      long deadline = System.nanoTime() + MAX_NANOS;
      for (int n; (n = in.read(buffer, kept, buffer.length - kept)) > 0; ) {
        total += n;
        if (out.size() >= MAX_MAPS || total > MAX_MAPS_BYTES || System.nanoTime() - deadline > 0) {
          return out;
        }
        int end = kept + n;
        int from = 0;
        for (int i = kept; i < end; i++) {
          if (buffer[i] == '\n') {
            if (isExecutable(buffer, from, i)) {
              String line = new String(buffer, from, i - from, StandardCharsets.ISO_8859_1);
              if (line.indexOf('/') >= 0 || ++withoutFile <= MAX_MAPS / 2) {
                out.add(line);
              }
            }
            from = i + 1;
          }
        }
        kept = end - from;
        System.arraycopy(buffer, from, buffer, 0, kept);
      }
      return out;
    } catch (IOException e) {
      return List.of(); // the process has ended
    }
  }

  /** Whether a line has the right x: {@code START-END rwxp OFFSET DEVICE INODE PATH}. */
  private static boolean isExecutable(byte[] b, int from, int end) {
    for (int i = from; i + 3 < end; i++) {
      if (b[i] == ' ') {
        return b[i + 3] == 'x';
      }
    }
    return false;
  }

  /**
   * Numbers of a process (proc_pid_stat).
   *
   * @param startTicks start since that of the machine; 0 if the process has ended
   * @param cpuTicks time on processors, in user mode and in the kernel
   * @param residentPages memory
   * @param exiting it has begun to end: its command line is empty, and its cgroups of version 1 are
   *     shown as the root (proc_cgroup_show)
   */
  public record Stat(long startTicks, long cpuTicks, long residentPages, boolean exiting) {
    private static final long PF_EXITING = 4;
    static final Stat ENDED = new Stat(0, 0, 0, true);
  }

  /** Reads the counters of a process. */
  public Stat stat(int pid) {
    String stat = text(pid, "stat");
    // The second field is a name in brackets that may contain anything.
    int after = stat.lastIndexOf(')');
    String[] fields = after < 0 ? new String[0] : stat.substring(after + 1).strip().split(" ");
    return fields.length > 21
        ? new Stat(
            Long.parseLong(fields[19]),
            Long.parseLong(fields[11]) + Long.parseLong(fields[12]),
            Long.parseLong(fields[21]),
            (Long.parseLong(fields[6]) & Stat.PF_EXITING) != 0)
        : Stat.ENDED;
  }

  /** Mounts by their number, of block devices and others; system ones omitted. */
  public Map<String, Mount> mounts(int pid) {
    Map<String, Mount> out = new LinkedHashMap<>();
    for (String line : text(pid, "mountinfo").lines().toList()) {
      String[] f = line.split(" ");
      int dash = 6;
      while (dash < f.length && !f[dash].equals("-")) {
        dash++;
      }
      if (dash + 2 >= f.length || isSystem(f[dash + 1], f[4])) {
        continue;
      }
      out.put(f[0], new Mount(f[2], unescape(f[4]), f[3]));
    }
    return out;
  }

  private static boolean isSystem(String type, String mountPoint) {
    return switch (type) {
      case "overlay",
          "proc",
          "tmpfs",
          "devpts",
          "sysfs",
          "cgroup",
          "cgroup2",
          "mqueue",
          "devtmpfs",
          "securityfs",
          "debugfs",
          "tracefs",
          "bpf",
          "pstore",
          "hugetlbfs",
          "autofs",
          "configfs",
          "fusectl",
          "binfmt_misc",
          "nsfs",
          "squashfs",
          "ramfs",
          "rpc_pipefs",
          "efivarfs" ->
          true;
      default -> mountPoint.startsWith("/proc/") || mountPoint.startsWith("/sys/");
    };
  }

  /** Mount points have blanks as octal numbers. */
  private static String unescape(String s) {
    return s.replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\");
  }

  /** Open files, sorted by number. */
  public List<OpenFile> openFiles(int pid) {
    List<OpenFile> out = new ArrayList<>();
    try (DirectoryStream<Path> links = Files.newDirectoryStream(folder(pid).resolve("fd"))) {
      long deadline = System.nanoTime() + MAX_NANOS;
      for (Path p : links) {
        if (out.size() >= MAX_OPEN_FILES || System.nanoTime() - deadline > 0) {
          break;
        }
        try {
          int fd = number(String.valueOf(p.getFileName()), -1);
          out.add(new OpenFile(fd, Files.readSymbolicLink(p).toString()));
        } catch (IOException e) {
          continue; // closed in the meantime
        }
      }
    } catch (IOException e) {
      return List.of(); // ended, or of another user
    }
    out.sort((a, b) -> Integer.compare(a.fd(), b.fd()));
    return out;
  }

  /** Fields of an open file: pos, flags, mnt_id and so on. */
  public Map<String, String> openFileInfo(int pid, int fd) {
    Map<String, String> out = new LinkedHashMap<>();
    for (String line : text(pid, "fdinfo/" + fd).lines().toList()) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        out.put(line.substring(0, colon), line.substring(colon + 1).strip());
      }
    }
    return out;
  }

  /** TCP sockets in the network namespace of a process that listen or are connected. */
  public List<Socket> sockets(int pid) {
    List<Socket> out = new ArrayList<>();
    for (String file : List.of("net/tcp", "net/tcp6")) {
      for (String line : text(pid, file).lines().skip(1).toList()) {
        String[] f = line.strip().split("\\s+");
        boolean listens = f.length > 9 && f[3].equals("0A");
        if (listens || f.length > 9 && f[3].equals("01")) {
          out.add(new Socket(f[9], SocketAddresses.of(f[1]), SocketAddresses.of(f[2]), listens));
        }
      }
    }
    return out;
  }

  /** Open file of a process, even if its path leads elsewhere now. */
  public Path descriptor(int pid, int fd) {
    return folder(pid).resolve("fd").resolve(Integer.toString(fd));
  }

  private Path folder(int pid) {
    return proc.resolve(Integer.toString(pid));
  }

  private String text(int pid, String file) {
    try {
      return BoundedText.read(folder(pid).resolve(file), MAX_TEXT, MAX_NANOS);
    } catch (IOException e) {
      return ""; // the process has ended
    }
  }

  private String start(int pid, String file, int longest) {
    try (InputStream in = Files.newInputStream(folder(pid).resolve(file))) {
      return new String(in.readNBytes(longest), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return ""; // the process has ended
    }
  }

  /** Working folder as the process sees it; empty if it is not shown. */
  public String workingFolder(int pid) {
    try {
      return Files.readSymbolicLink(folder(pid).resolve("cwd")).toString();
    } catch (IOException e) {
      return "";
    }
  }

  /** Returns the user ID of a process; -1 if it has exited. */
  public int user(int pid) {
    try {
      return (int) Files.getAttribute(folder(pid), "unix:uid");
    } catch (IOException e) {
      return -1;
    }
  }

  private static int number(String text, int otherwise) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }
}

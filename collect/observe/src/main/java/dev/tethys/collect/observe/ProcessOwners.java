package dev.tethys.collect.observe;

import dev.tethys.collect.observe.connection.Owner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Owners of sockets by the cgroup and the command of their process: {@code
 * /system.slice/nginx.service}, and {@code /process/nginx} for a process outside of containers and
 * units. Kept for half a minute, since processes start others in their place.
 */
final class ProcessOwners implements Owner.Resolver {
  private static final int MAX_KNOWN = 20_000;
  private static final long FRESH_NANOS = 30_000_000_000L;

  private static final Pattern CONTAINER =
      Pattern.compile("\\.slice/.*\\.service|kubepods|docker|libpod|crio|containerd|^/lxc");

  private record Known(@Nullable Owner owner, long time) {}

  private final Path proc;
  private final LongSupplier nanos;
  private final Map<Integer, Known> known =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, Known> eldest) {
          return size() > MAX_KNOWN;
        }
      };

  ProcessOwners(Path proc, LongSupplier nanos) {
    this.proc = proc;
    this.nanos = nanos;
  }

  @Override
  public synchronized @Nullable Owner ownerOf(long cgroup, int process) {
    if (process <= 0) {
      return null;
    }
    long now = nanos.getAsLong();
    Known k = known.get(process);
    if (k == null || now - k.time() > FRESH_NANOS) {
      known.remove(process);
      k = new Known(read(process), now);
      known.put(process, k);
    }
    return k.owner();
  }

  private @Nullable Owner read(int process) {
    Path folder = proc.resolve(Integer.toString(process));
    String group = "/";
    try {
      for (String line : Files.readAllLines(folder.resolve("cgroup"))) {
        String[] parts = line.split(":", 3);
        if (parts.length == 3 && group.equals("/") && isUsed(parts[1])) {
          group = parts[2];
        }
      }
      if (isContainer(group)) {
        return new Owner(group, "");
      }
      String name = name(Files.readAllBytes(folder.resolve("cmdline")));
      if (name.isEmpty()) {
        name = Files.readString(folder.resolve("comm")).strip();
      }
      return name.isEmpty() ? null : new Owner("/process/" + name, "");
    } catch (IOException e) {
      return null; // the process is gone
    }
  }

  /** Hierarchies in which containers and units are found. */
  private static boolean isUsed(String controllers) {
    return controllers.isEmpty()
        || controllers.contains("cpu")
        || controllers.contains("memory")
        || controllers.equals("name=systemd");
  }

  /** True for groups of one unit or container, not for those of sessions and of everything. */
  private static boolean isContainer(String group) {
    return CONTAINER.matcher(group).find();
  }

  /** Program of a command line; of an interpreter the script, jar or class. */
  static String name(byte[] commandLine) {
    String[] words = new String(commandLine, StandardCharsets.UTF_8).split("\0", -1);
    String program = base(words[0].split("[ :]", 2)[0]);
    boolean interpreter =
        program.equals("java")
            || program.equals("node")
            || program.equals("ruby")
            || program.equals("php")
            || program.startsWith("python");
    if (!interpreter) {
      return program;
    }
    for (int i = 1; i < words.length; i++) {
      String w = words[i];
      if (w.equals("-cp") || w.equals("-classpath") || w.equals("--class-path")) {
        i++;
      } else if (w.equals("-m") && i + 1 < words.length) {
        return words[i + 1];
      } else if (!w.isEmpty() && !w.startsWith("-")) {
        String b = base(w);
        return program.equals("java") && !b.endsWith(".jar")
            ? b.substring(b.lastIndexOf('.') + 1)
            : b;
      }
    }
    return program;
  }

  private static String base(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }
}

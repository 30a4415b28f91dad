package dev.tethys.collect.observe.profile;

import dev.tethys.collect.observe.kernel.ForeignFile;
import dev.tethys.collect.observe.process.MemoryReadings;
import dev.tethys.collect.observe.process.ProcessFiles;
import dev.tethys.collect.observe.process.ProcessMemory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Names of the functions at addresses of processes and of the kernel. Names found in files are
 * cached up to a limit; names of compiled code are not, because a runtime may move the code.
 */
final class Symbolizer {
  /** Name of an address without code, which is not a frame. */
  static final String NO_CODE = "";

  private static final long KERNEL_NANOS = 3_600_000_000_000L;

  private final Path proc;
  private final ProcessFiles files;
  private final FileSymbols ofFiles = new FileSymbols();
  private @Nullable KernelSymbols kernel;
  private long kernelRead;
  private long frames;
  private long unnamed;

  Symbolizer(Path proc) {
    this.proc = proc;
    this.files = new ProcessFiles(proc);
  }

  /** Returns the name of a kernel function. */
  String kernel(long address, long now) {
    KernelSymbols k = kernel;
    if (k == null || now - kernelRead > KERNEL_NANOS) {
      k = KernelSymbols.read(proc);
      kernel = k;
      kernelRead = now;
    }
    String name = k.name(address);
    frames++;
    unnamed += name.startsWith("[") ? 1 : 0;
    return name;
  }

  /** Frames named so far. */
  long frames() {
    return frames;
  }

  /** Frames with only the file known, or unknown. */
  long unnamed() {
    return unnamed;
  }

  /**
   * Names of functions of a process.
   *
   * @param addresses addresses in the process's memory; for a caller frame, the address of the last
   *     byte of the call
   * @param java compiled code of a Java process; null of others
   * @return null if the process has ended; {@link #NO_CODE} if it has no code
   */
  @Nullable Map<Long, String> names(int pid, TreeSet<Long> addresses, @Nullable HotSpotCode java) {
    ProcessMap map = ProcessMap.of(files.executableMaps(pid));
    if (map.isEmpty()) {
      return null;
    }
    Map<Long, String> out = new HashMap<>();
    Map<String, ProcessMap.Part> parts = new HashMap<>(); // one of each path
    Map<String, Map<Long, List<Long>>> unknown = new LinkedHashMap<>(); // by path, by offset
    List<Long> compiled = new ArrayList<>();
    for (long address : addresses) {
      ProcessMap.Part p = map.at(address);
      if (p == null) {
        out.put(address, NO_CODE);
        continue;
      }
      if (p.isMemory()) {
        compiled.add(address);
        continue;
      }
      if (p.path().startsWith("[")) {
        out.put(address, p.path());
        continue;
      }
      long offset = address - p.start() + p.offset();
      String name = ofFiles.known(key(pid, p), offset);
      if (name != null) {
        out.put(address, name);
      } else {
        parts.put(p.path(), p);
        unknown
            .computeIfAbsent(p.path(), _ -> new LinkedHashMap<>())
            .computeIfAbsent(offset, _ -> new ArrayList<>())
            .add(address);
      }
    }
    unknown.forEach(
        (path, offsets) -> {
          ProcessMap.Part p = parts.get(path);
          if (p != null) {
            fromFile(pid, p, offsets, out);
          }
        });
    if (java != null) {
      fromJava(pid, java, compiled, out);
    }
    fromPerfMap(pid, compiled, out);
    return out;
  }

  private final Map<String, String> identities = new HashMap<>();

  /** Identity of a file: the same for all processes that have it mapped. */
  private String key(int pid, ProcessMap.Part part) {
    return identities.computeIfAbsent(
        pid + part.path(),
        key -> {
          try (ForeignFile file = part.open(proc, pid)) {
            return file.version();
          } catch (IOException e) {
            return key;
          }
        });
  }

  /** Discards data that is valid for one round only. */
  void endRound() {
    identities.clear();
  }

  private void fromFile(
      int pid, ProcessMap.Part part, Map<Long, List<Long>> offsets, Map<Long, String> out) {
    long[] wanted = offsets.keySet().stream().mapToLong(Long::longValue).sorted().toArray();
    String path = part.path();
    String unknown = "[" + path.substring(path.lastIndexOf('/') + 1) + "]";
    String key = key(pid, part);
    ofFiles.find(key, () -> part.openElf(proc, pid), wanted, unknown);
    offsets.forEach(
        (offset, at) -> {
          String name = ofFiles.known(key, offset);
          at.forEach(address -> out.put(address, name == null ? unknown : name));
        });
  }

  /** Names the code of a virtual machine; the rest stays in the list. */
  private void fromJava(int pid, HotSpotCode java, List<Long> addresses, Map<Long, String> out) {
    List<Long> wanted = List.copyOf(addresses);
    Map<Long, String> found =
        MemoryReadings.process()
            .read(
                pid,
                () -> {
                  Map<Long, String> names = new HashMap<>();
                  try (ProcessMemory memory = ProcessMemory.open(proc, pid)) {
                    for (long address : wanted) {
                      String name = java.nameAt(memory, address);
                      if (name != null) {
                        names.put(address, name);
                      }
                    }
                  }
                  return names;
                },
                Map.of());
    out.putAll(found);
    addresses.removeAll(found.keySet());
  }

  private void fromPerfMap(int pid, List<Long> addresses, Map<Long, String> out) {
    if (addresses.isEmpty()) {
      return;
    }
    Path file = proc.resolve(pid + "/root/tmp/perf-" + files.namespacePid(pid) + ".map");
    try {
      long[] wanted = addresses.stream().mapToLong(Long::longValue).toArray();
      @Nullable String[] names = PerfMap.names(file, files.user(pid), wanted);
      for (int i = 0; i < wanted.length; i++) {
        String name = names[i];
        if (name != null) {
          out.put(wanted[i], name);
        }
      }
    } catch (IOException e) {
      // there is no map that may be read
    }
  }

  /** Counts a frame and gives its name. */
  String counted(String name) {
    frames++;
    unnamed += name.startsWith("[") ? 1 : 0;
    return name;
  }
}

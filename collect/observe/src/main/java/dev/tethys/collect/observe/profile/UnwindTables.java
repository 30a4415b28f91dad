package dev.tethys.collect.observe.profile;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.tethys.codec.elf.ElfFile;
import dev.tethys.codec.elf.UnwindTable;
import dev.tethys.collect.observe.kernel.ForeignFile;
import dev.tethys.collect.observe.kernel.KernelMap;
import dev.tethys.collect.observe.kernel.LoadedPrograms;
import dev.tethys.collect.observe.kernel.ThreadScheduling;
import dev.tethys.collect.observe.process.MemoryReadings;
import dev.tethys.collect.observe.process.ProcessFiles;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Unwind tables used by the kernel program: rules of files, shared by all their processes, and
 * rules for compiled code of Java processes. Not thread-safe.
 *
 * <p>Processes, files and rules are bounded; those without space are unwound by frame pointers.
 */
final class UnwindTables {
  /** Limit in profile.c. */
  private static final int MAX_MAPPINGS = 256;

  private static final int MAX_ROWS = 1 << 21;
  private static final int PYTHON_BYTES = 48;
  private static final int MAPPING_BYTES = 32;
  private static final int PROCESS_BYTES = 8 + PYTHON_BYTES + MAX_MAPPINGS * MAPPING_BYTES;

  /** Less than the 1024 of profile.c, so that the kernel has space at all times. */
  private static final int KEPT_PROCESSES = 960;

  private static final int MAX_FILES = 4096;

  /** Pause between two readings of the compiled code of a process. */
  private static final long CODE_NANOS = 4_000_000_000L;

  /** Pauses between two readings of a process that ran unknown code: they grow without any new. */
  private static final long SHORTEST_NANOS = 1_000_000_000L;

  private static final long LONGEST_NANOS = 8_000_000_000L;

  private static final long PAGE = 4096;

  /** Readings of an interpreter that fail before it is left alone. */
  private static final int ATTEMPTS = 5;

  /** Rules of a file in the kernel; without rules when count is 0. */
  private static final class FileRules {
    final List<ElfFile.Segment> segments;
    int first;
    int count;
    int users;

    FileRules(List<ElfFile.Segment> segments) {
      this.segments = segments;
    }

    /** File address of a position in it. */
    long addressOf(long offset) {
      for (ElfFile.Segment s : segments) {
        long start = s.offset() & -PAGE;
        if (s.executable() && offset >= start && offset < s.offset() + s.fileSize()) {
          return (s.address() & -PAGE) + offset - start;
        }
      }
      return -1;
    }
  }

  private static final class Known {
    long maps; // hash of them
    Set<FileRules> files = new HashSet<>();
    @Nullable HotSpotCode java;
    long javaRead;
    @Nullable PythonFunctions python;
    long interpreter; // where its file is mapped
    int attempts;
    int codeFirst;
    int codeCount;
    long pause = SHORTEST_NANOS;
    long due; // next reading
    long freeAt; // of the previous rules of compiled code
    int formerFirst;
    int formerCount;
  }

  private final Path proc;
  private final ProcessFiles files;
  private final KernelMap rows;
  private final KernelMap processes;
  private final Map<String, FileRules> byFile = new LinkedHashMap<>();
  private final Map<Integer, Known> known = new LinkedHashMap<>(64, 0.75f, true);

  /**
   * Free parts of the array of rules: length by start. The first rule is that of frame pointers.
   */
  private final TreeMap<Integer, Integer> free = new TreeMap<>(Map.of(1, MAX_ROWS - 1));

  private final AtomicLong memoryNanos = new AtomicLong();
  private long shed;

  UnwindTables(Path proc, LoadedPrograms programs) throws IOException {
    this.proc = proc;
    this.files = new ProcessFiles(proc);
    this.rows = programs.map("rows");
    this.processes = programs.map("processes");
    rows.numbers(0, new long[] {UnwindTable.row(0, UnwindTable.CHAIN, 0, 0)}, 1);
  }

  /** True if the code of a process has been read. */
  boolean containsCodeOf(int pid) {
    return known.containsKey(pid);
  }

  /** Compiled code of a Java process; null of others. */
  @Nullable HotSpotCode java(int pid) {
    Known k = known.get(pid);
    return k == null ? null : k.java;
  }

  /** Functions of a process of CPython; null of others. */
  @Nullable PythonFunctions python(int pid) {
    Known k = known.get(pid);
    return k == null ? null : k.python;
  }

  /** Files and processes for which there was no capacity. */
  long shed() {
    return shed;
  }

  /** True if a process that ran unknown code is to be read. */
  boolean isDue(int pid, long now) {
    Known k = known.get(pid);
    return k == null || now - k.due >= 0;
  }

  /** Records an address at which a process ran code that is unknown. */
  void unknown(int pid, long address) {
    Known k = known.get(pid);
    if (k != null && k.java != null) {
      k.java.unknown(address);
    }
  }

  /**
   * Reads the current code of a process, and passes its rules to the kernel.
   *
   * @param now time of {@link System#nanoTime}
   */
  void refresh(int pid, long now) throws IOException {
    List<String> maps = files.executableMaps(pid);
    if (maps.isEmpty()) {
      forget(pid);
      return;
    }
    Known k = known.get(pid);
    long hash = hash(maps);
    boolean changed = k == null || k.maps != hash;
    if (k == null) {
      k = new Known();
      known.put(pid, k);
      evict(pid);
    }
    ProcessMap map = ProcessMap.of(maps);
    if (changed) {
      findInterpreters(pid, map, k);
      k.maps = hash;
    }
    boolean code = refreshCode(pid, k, now);
    if (changed || code) {
      write(pid, map, k);
    }
    k.pause = changed || code ? SHORTEST_NANOS : Math.min(2 * k.pause, LONGEST_NANOS);
    k.due = now + k.pause;
  }

  private static long hash(List<String> lines) {
    long h = lines.size();
    for (String line : lines) {
      for (int i = 0; i < line.length(); i++) {
        h = (h ^ line.charAt(i)) * 0x100_0000_01b3L;
      }
      h = Long.rotateLeft(h, 5);
    }
    return h;
  }

  private void evict(int pid) throws IOException {
    for (Iterator<Integer> i = List.copyOf(known.keySet()).iterator();
        known.size() > KEPT_PROCESSES && i.hasNext(); ) {
      int oldest = i.next();
      if (oldest != pid) {
        forget(oldest);
      }
    }
  }

  /** Finds the virtual machine of Java and the interpreter of CPython among the files. */
  private void findInterpreters(int pid, ProcessMap map, Known k) {
    if (map.parts().stream().noneMatch(p -> p.start() == k.interpreter)) {
      k.java = null; // another program runs in this process now
      k.python = null;
      k.attempts = 0;
    }
    if (k.java != null || k.python != null || k.attempts >= ATTEMPTS) {
      return;
    }
    for (ProcessMap.Part p : map.parts()) {
      try {
        if (p.path().endsWith("/libjvm.so")) {
          k.interpreter = p.start();
          k.attempts++;
          try (ElfFile elf = p.openElf(proc, pid)) {
            long bias = bias(pid, p);
            k.java = inMemory(pid, () -> HotSpotCode.of(proc, pid, elf, bias), null);
          }
          return;
        }
        if (PythonFunctions.isCandidate(p.path())) {
          k.interpreter = p.start();
          try (ElfFile elf = p.openElf(proc, pid)) {
            long bias = bias(pid, p);
            k.python =
                inMemory(pid, () -> PythonFunctions.of(proc, pid, p.path(), elf, bias), null);
          }
          if (k.python != null) {
            return;
          }
        }
      } catch (IOException e) {
        k.attempts++; // still starting, or of an unknown kind: its functions remain unnamed
        return;
      }
    }
  }

  /** Reads from the memory of a process. */
  @FunctionalInterface
  private interface MemoryReading<T extends @Nullable Object> {
    T read() throws IOException;
  }

  private <T extends @Nullable Object> T inMemory(int pid, MemoryReading<T> reading, T otherwise)
      throws IOException {
    AtomicReference<@Nullable IOException> failure = new AtomicReference<>();
    T result =
        MemoryReadings.process()
            .read(
                pid,
                () -> {
                  long start = ThreadScheduling.time();
                  try {
                    return reading.read();
                  } catch (IOException e) {
                    failure.set(e);
                    throw e;
                  } finally {
                    memoryNanos.addAndGet(ThreadScheduling.time() - start);
                  }
                },
                otherwise);
    IOException e = failure.get();
    if (e != null) {
      throw e;
    }
    return result;
  }

  /** Processor time of the readings of memory by other threads since the last call. */
  long takeMemoryNanos() {
    return memoryNanos.getAndSet(0);
  }

  private long bias(int pid, ProcessMap.Part p) throws IOException {
    FileRules f = rules(pid, p);
    long address = f.addressOf(p.offset());
    if (address < 0) {
      throw new IOException(p.path() + " has no code at offset " + p.offset());
    }
    return p.start() - address;
  }

  /** Reads the compiled code; returns true if there are new rules. */
  private boolean refreshCode(int pid, Known k, long now) throws IOException {
    if (k.formerCount > 0 && now - k.freeAt >= 0) {
      release(k.formerFirst, k.formerCount);
      k.formerCount = 0;
    }
    HotSpotCode java = k.java;
    if (java == null || k.formerCount > 0 || k.javaRead != 0 && now - k.javaRead < CODE_NANOS) {
      return false;
    }
    k.javaRead = now;
    try {
      Boolean changed = inMemory(pid, java::refresh, null);
      if (changed == null) {
        k.java = null; // its memory cannot be read
        k.attempts = ATTEMPTS;
      }
      if (changed == null || !changed) {
        return false;
      }
    } catch (IOException e) {
      return false; // changed while it was read, or the process has ended
    }
    int count = java.rowCount();
    int first = allocate(count);
    k.formerFirst = k.codeFirst;
    k.formerCount = k.codeCount;
    k.freeAt = now + CODE_NANOS / 4; // no sample uses them longer
    k.codeFirst = first;
    k.codeCount = first == 0 ? 0 : count;
    if (first > 0) {
      rows.numbers(first, java.rows(), count);
    }
    return true;
  }

  private void write(int pid, ProcessMap map, Known k) throws IOException {
    ByteBuffer b = ByteBuffer.allocate(PROCESS_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    int count = Math.min(map.parts().size(), MAX_MAPPINGS);
    b.putInt(count).putInt(count == map.parts().size() ? 1 : 0);
    if (k.python != null) {
      k.python.describe(b);
    }
    b.position(8 + PYTHON_BYTES);
    Set<FileRules> used = new HashSet<>();
    for (ProcessMap.Part p : map.parts().subList(0, count)) {
      long base = p.start();
      int first = 0;
      int rules = 1;
      HotSpotCode java = k.java;
      if (java != null && p.isMemory() && k.codeCount > 0 && java.contains(p.start())) {
        base = java.low();
        first = k.codeFirst;
        rules = k.codeCount;
      } else if (p.path().startsWith("/") && !p.isMemory()) {
        FileRules f = rules(pid, p);
        long address = f.addressOf(p.offset());
        if (f.count > 0 && address >= 0) {
          used.add(f);
          base = p.start() - address;
          first = f.first;
          rules = f.count;
        }
      }
      b.putLong(p.start()).putLong(p.end()).putLong(base).putInt(first).putInt(rules);
    }
    used.forEach(f -> f.users++);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(PROCESS_BYTES, 8);
      MemorySegment.copy(b.array(), 0, value, JAVA_BYTE, 0, PROCESS_BYTES);
      processes.put(pid, value);
    }
    k.files.forEach(f -> f.users--);
    k.files = used;
  }

  private FileRules rules(int pid, ProcessMap.Part part) {
    try (ForeignFile file = part.open(proc, pid)) {
      return rules(file);
    } catch (IOException e) {
      return new FileRules(List.of()); // deleted, or not a regular file
    }
  }

  private FileRules rules(ForeignFile file) {
    String key = file.version();
    FileRules r = byFile.get(key);
    if (r == null) {
      r = read(file);
      if (byFile.size() >= MAX_FILES) {
        discardUnused();
      }
      if (byFile.size() < MAX_FILES) {
        byFile.put(key, r);
      } else {
        shed++;
      }
    }
    return r;
  }

  private FileRules read(ForeignFile file) {
    try (ElfFile elf = file.elf()) {
      FileRules r = new FileRules(elf.segments());
      long[] table = UnwindTable.of(elf);
      int first = table.length == 0 ? 0 : allocate(table.length);
      if (first > 0) {
        rows.numbers(first, table, table.length);
        r.first = first;
        r.count = table.length;
      }
      return r;
    } catch (IOException e) {
      return new FileRules(List.of()); // no program file: frame pointers are followed
    }
  }

  /** Finds space for rules; 0 without any. */
  private int allocate(int count) {
    int found = firstFit(count);
    if (found == 0) {
      discardUnused();
      found = firstFit(count);
    }
    if (found == 0) {
      shed++;
    }
    return found;
  }

  private int firstFit(int count) {
    for (Map.Entry<Integer, Integer> e : free.entrySet()) {
      if (e.getValue() >= count) {
        int start = e.getKey();
        int length = e.getValue();
        free.remove(start);
        if (length > count) {
          free.put(start + count, length - count);
        }
        return start;
      }
    }
    return 0;
  }

  private void release(int first, int count) {
    if (count == 0) {
      return;
    }
    int start = first;
    int length = count;
    Map.Entry<Integer, Integer> before = free.lowerEntry(first);
    if (before != null && before.getKey() + before.getValue() == first) {
      start = before.getKey();
      length += before.getValue();
    }
    Integer after = free.remove(first + count);
    free.put(start, after == null ? length : length + after);
  }

  private void discardUnused() {
    for (Iterator<FileRules> i = byFile.values().iterator(); i.hasNext(); ) {
      FileRules r = i.next();
      if (r.users == 0) {
        release(r.first, r.count);
        i.remove();
      }
    }
  }

  /** Removes exited processes. */
  void forgetEnded() throws IOException {
    for (int pid : new ArrayList<>(known.keySet())) {
      if (!Files.exists(proc.resolve(Integer.toString(pid)))) {
        forget(pid);
      }
    }
  }

  private void forget(int pid) throws IOException {
    Known k = known.remove(pid);
    if (k != null) {
      processes.remove(pid);
      k.files.forEach(f -> f.users--);
      release(k.codeFirst, k.codeCount);
      release(k.formerFirst, k.formerCount);
    }
  }
}

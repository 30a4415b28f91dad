package dev.tethys.collect.observe.profile;

import dev.tethys.codec.elf.ElfFile;
import dev.tethys.collect.observe.kernel.ForeignFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Executable memory of a process, from the lines of /proc/PID/maps. */
final class ProcessMap {
  /**
   * Mapped part.
   *
   * @param path file path; empty for anonymous memory, in brackets for kernel regions
   */
  record Part(long start, long end, long offset, String path) {
    /** Opens the mapped file. */
    ForeignFile open(Path proc, int pid) throws IOException {
      return ForeignFile.openMapped(proc, pid, start, end, path);
    }

    /** Opens the mapped program or library. */
    ElfFile openElf(Path proc, int pid) throws IOException {
      try (ForeignFile f = open(proc, pid)) {
        return f.elf();
      }
    }

    /** True for memory without a file. */
    boolean isMemory() {
      return path.isEmpty()
          || path.startsWith("//anon")
          || path.startsWith("/memfd:")
          || path.equals("[anon]")
          || path.startsWith("[anon:")
          || path.equals("[heap]")
          || path.equals("[stack]");
    }
  }

  private final List<Part> parts = new ArrayList<>();

  static ProcessMap of(List<String> lines) {
    ProcessMap m = new ProcessMap();
    for (String line : lines) {
      try {
        m.add(line);
      } catch (NumberFormatException | StringIndexOutOfBoundsException e) {
        continue; // cut off: the process is ending
      }
    }
    return m;
  }

  private void add(String line) {
    int dash = line.indexOf('-');
    int space = line.indexOf(' ');
    if (dash <= 0 || space < dash || line.charAt(space + 3) != 'x') {
      return;
    }
    long offset = Long.parseUnsignedLong(line, space + 6, line.indexOf(' ', space + 6), 16);
    int at = space;
    for (int field = 0; field < 4; field++) { // rights, offset, device, inode
      at = line.indexOf(' ', at + 1);
      if (at < 0) {
        at = line.length();
        break;
      }
    }
    parts.add(
        new Part(
            Long.parseUnsignedLong(line, 0, dash, 16),
            Long.parseUnsignedLong(line, dash + 1, space, 16),
            offset,
            line.substring(at).strip()));
  }

  /** The parts, ascending. */
  List<Part> parts() {
    return parts;
  }

  boolean isEmpty() {
    return parts.isEmpty();
  }

  /** Returns the part that contains an address; null if none. */
  @Nullable Part at(long address) {
    int low = 0;
    int high = parts.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      Part p = parts.get(middle);
      if (address < p.start) {
        high = middle - 1;
      } else if (address >= p.end) {
        low = middle + 1;
      } else {
        return p;
      }
    }
    return null;
  }
}

package dev.tethys.collect.observe.profile;

import dev.tethys.codec.elf.ElfFile;
import dev.tethys.codec.elf.ElfFunctions;
import dev.tethys.codec.elf.ElfFunctions.Range;
import dev.tethys.codec.symbol.SymbolNames;
import java.io.IOException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Names of the functions at offsets of files. A file is read again only for offsets outside known
 * functions; the most recently used files are kept up to a limit of functions.
 */
final class FileSymbols {
  private static final int KEPT = 200_000;

  /** Part of a file whose offsets have one name. */
  private record Part(long end, String name) {}

  /** Opens a file. */
  @FunctionalInterface
  interface ElfOpener {
    ElfFile open() throws IOException;
  }

  private final Map<String, TreeMap<Long, Part>> files = new LinkedHashMap<>(64, 0.75f, true);
  private int kept;

  /** Name of the function at an offset of a file, as far as it was found before; otherwise null. */
  @Nullable String known(String identity, long offset) {
    TreeMap<Long, Part> parts = files.get(identity);
    Map.Entry<Long, Part> e = parts == null ? null : parts.floorEntry(offset);
    return e == null || offset >= e.getValue().end ? null : e.getValue().name;
  }

  /**
   * Finds the functions at offsets of a file, which {@link #known} then has. Offsets without one,
   * and all of a file that cannot be read, get another name.
   *
   * @param identity file identity
   * @param offsets ascending
   */
  void find(String identity, ElfOpener file, long[] offsets, String without) {
    @Nullable Range[] found = new Range[offsets.length];
    try (ElfFile elf = file.open()) {
      long[] addresses = Arrays.stream(offsets).map(elf::addressOf).toArray();
      found = ElfFunctions.ranges(elf, addresses);
      for (int i = 0; i < offsets.length; i++) {
        Range r = found[i];
        long distance = addresses[i] - offsets[i];
        found[i] =
            r == null ? null : new Range(r.start() - distance, r.end() - distance, r.symbol());
      }
    } catch (IOException e) {
      // deleted or damaged
    }
    TreeMap<Long, Part> parts = files.computeIfAbsent(identity, _ -> new TreeMap<>());
    kept -= parts.size();
    for (int i = 0; i < offsets.length; i++) {
      Range r = found[i];
      if (r == null) {
        parts.put(offsets[i], new Part(offsets[i] + 1, without));
      } else if (known(identity, offsets[i]) == null) {
        parts.put(r.start(), new Part(r.end(), SymbolNames.readable(r.symbol())));
      }
    }
    kept += parts.size();
    evict();
  }

  private void evict() {
    Iterator<Map.Entry<String, TreeMap<Long, Part>>> i = files.entrySet().iterator();
    while (kept > KEPT && files.size() > 1) { // the last one was requested just now
      Map.Entry<String, TreeMap<Long, Part>> e = i.next();
      kept -= e.getValue().size();
      i.remove();
    }
  }
}

package dev.tethys.codec.elf;

import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Symbols of the functions at some addresses of a file, from its symbol tables and the Go table.
 * The tables are read once for all addresses, part by part, and not kept, because the tables of a
 * large program take many megabytes. Only the names of results are read.
 */
public final class ElfFunctions {
  /** Largest distance from a symbol without a size to an address that belongs to it. */
  private static final long WITHOUT_SIZE = 4096;

  private static final int MAX_NAME = 1024;

  private ElfFunctions() {}

  /**
   * Address range that belongs to one function.
   *
   * @param start first address; the function may begin before it
   * @param end address after the last
   * @param symbol symbol of the function
   */
  public record Range(long start, long end, String symbol) {}

  /**
   * Functions at addresses, each with the addresses around for which it would be found as well.
   *
   * @param addresses addresses within the file, in any order
   * @return a range or null for each
   * @throws IOException if the file cannot be read, or is damaged
   */
  public static @Nullable Range[] ranges(ElfFile elf, long[] addresses) throws IOException {
    return ranges(elf, goFunctions(elf), addresses);
  }

  /** Symbols of the functions at addresses, null if there is none. */
  static @Nullable String[] symbols(ElfFile elf, @Nullable GoFunctions go, long[] addresses)
      throws IOException {
    @Nullable String[] out = new String[addresses.length];
    @Nullable Range[] found = ranges(elf, go, addresses);
    for (int i = 0; i < out.length; i++) {
      Range r = found[i];
      out[i] = r == null ? null : r.symbol;
    }
    return out;
  }

  private static @Nullable Range[] ranges(ElfFile elf, @Nullable GoFunctions go, long[] addresses)
      throws IOException {
    @Nullable Range[] out = new Range[addresses.length];
    try {
      if (go != null) {
        for (int i = 0; i < out.length; i++) {
          int function = go.at(addresses[i]);
          if (function >= 0) {
            out[i] = new Range(go.address(function), go.address(function + 1), go.name(function));
          }
        }
      }
      fromTables(elf, addresses, out);
      return out;
    } catch (IndexOutOfBoundsException e) {
      throw new IOException("its tables are damaged", e);
    }
  }

  /** Functions of a Go program; null if absent, or if their table is damaged. */
  static @Nullable GoFunctions goFunctions(ElfFile elf) {
    try {
      return GoFunctions.of(elf);
    } catch (IOException e) {
      return null; // the symbol tables are left
    }
  }

  private static void fromTables(ElfFile elf, long[] addresses, @Nullable Range[] out)
      throws IOException {
    int n = out.length;
    Integer[] order = new Integer[n];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> Long.compare(addresses[a], addresses[b]));
    long[] sorted = new long[n];
    for (int i = 0; i < n; i++) {
      sorted[i] = addresses[order[i]];
    }
    long[] best = new long[n];
    long[] names = new long[n];
    long[] ends = new long[n]; // of the best
    long[] next = new long[n]; // lowest start of functions after an address
    long[] before = new long[n]; // highest end of functions before it
    Arrays.fill(next, Long.MAX_VALUE);
    elf.functions(
        (address, size, name) -> {
          int i = Arrays.binarySearch(sorted, address);
          i = i < 0 ? -i - 1 : i;
          while (i > 0 && sorted[i - 1] == address) {
            elf.budget().take(1);
            i--;
          }
          if (i > 0) {
            next[i - 1] = Math.min(next[i - 1], address);
          }
          long end = address + (size > 0 ? size : WITHOUT_SIZE);
          for (; i < n && sorted[i] < end; i++) {
            elf.budget().take(1);
            boolean better = size > 0 ? address >= best[i] : address > best[i];
            if (better && (out[order[i]] == null || best[i] != 0)) {
              best[i] = address;
              ends[i] = end;
              names[i] = name;
            }
          }
          if (i < n) {
            before[i] = Math.max(before[i], end);
          }
        });
    for (int i = 1; i < n; i++) {
      before[i] = Math.max(before[i], before[i - 1]);
      next[n - 1 - i] = Math.min(next[n - 1 - i], next[n - i]);
    }
    String text = "";
    for (int i = 0; i < n; i++) { // neighbours are mostly of one function
      if (best[i] != 0) {
        text =
            i > 0 && best[i - 1] != 0 && names[i - 1] == names[i]
                ? text
                : elf.functionName(names[i], MAX_NAME);
        out[order[i]] = new Range(Math.max(best[i], before[i]), Math.min(ends[i], next[i]), text);
      }
    }
  }
}

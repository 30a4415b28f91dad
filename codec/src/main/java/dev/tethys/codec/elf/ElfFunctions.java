package dev.tethys.codec.elf;

import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Symbols of the functions at some addresses of a file, from its symbol tables and the table of Go.
 * The tables are read once for all addresses, part by part, and not kept: those of a large program
 * take many megabytes. Of the names, only those that are answered are read.
 */
public final class ElfFunctions {
  /** Largest distance from a symbol without a size to an address that belongs to it. */
  private static final long WITHOUT_SIZE = 4096;

  private static final int MAX_NAME = 1024;

  private ElfFunctions() {}

  /**
   * Symbols of functions.
   *
   * @param addresses in the file, in any order
   * @return a symbol or null for each
   * @throws IOException when the file cannot be read, or is damaged
   */
  public static @Nullable String[] symbols(ElfFile elf, long[] addresses) throws IOException {
    return symbols(elf, goFunctions(elf), addresses);
  }

  static @Nullable String[] symbols(ElfFile elf, @Nullable GoFunctions go, long[] addresses)
      throws IOException {
    @Nullable String[] out = new String[addresses.length];
    try {
      if (go != null) {
        for (int i = 0; i < out.length; i++) {
          int function = go.at(addresses[i]);
          out[i] = function < 0 ? null : go.name(function);
        }
      }
      fromTables(elf, addresses, out);
      return out;
    } catch (IndexOutOfBoundsException e) {
      throw new IOException("its tables are damaged", e);
    }
  }

  /** Functions of a program of Go; null without them, also when their table is damaged. */
  static @Nullable GoFunctions goFunctions(ElfFile elf) {
    try {
      return GoFunctions.of(elf);
    } catch (IOException e) {
      return null; // the symbol tables are left
    }
  }

  private static void fromTables(ElfFile elf, long[] addresses, @Nullable String[] out)
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
    elf.functions(
        (address, size, name) -> {
          int i = Arrays.binarySearch(sorted, address);
          i = i < 0 ? -i - 1 : i;
          while (i > 0 && sorted[i - 1] == address) {
            i--;
          }
          long end = address + (size > 0 ? size : WITHOUT_SIZE);
          for (; i < n && sorted[i] < end; i++) {
            boolean better = size > 0 ? address >= best[i] : address > best[i];
            if (better && (out[order[i]] == null || best[i] != 0)) {
              best[i] = address;
              names[i] = name;
            }
          }
        });
    String text = "";
    for (int i = 0; i < n; i++) { // neighbours are mostly of one function
      if (best[i] != 0) {
        text =
            i > 0 && best[i - 1] != 0 && names[i - 1] == names[i]
                ? text
                : elf.functionName(names[i], MAX_NAME);
        out[order[i]] = text;
      }
    }
  }
}

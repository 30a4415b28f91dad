package dev.tethys.collect.observe.profile;

import dev.tethys.codec.elf.ElfFile;
import dev.tethys.codec.elf.GoFunctions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Names of the functions at some offsets of a file. The tables of the file are read once for all of
 * them and not kept: those of a large program take many megabytes.
 */
final class FileSymbols {
  /** Largest distance from a symbol without a size to an address that belongs to it. */
  private static final long WITHOUT_SIZE = 4096;

  private FileSymbols() {}

  /**
   * Names of functions.
   *
   * @param offsets in the file, ascending
   * @return a name or null for each
   * @throws IOException when the file cannot be read, or is damaged
   */
  static @Nullable String[] names(Path file, long[] offsets) throws IOException {
    @Nullable String[] out = new String[offsets.length];
    try (ElfFile elf = ElfFile.open(file)) {
      long[] addresses = new long[offsets.length];
      for (int i = 0; i < offsets.length; i++) {
        addresses[i] = elf.addressOf(offsets[i]);
      }
      GoFunctions go = goFunctions(elf);
      if (go != null) {
        for (int i = 0; i < out.length; i++) {
          int function = go.at(addresses[i]);
          out[i] = function < 0 ? null : go.name(function);
        }
      }
      symbols(elf, addresses, out);
      return out;
    } catch (IndexOutOfBoundsException e) {
      throw new IOException("its tables are damaged", e);
    }
  }

  private static @Nullable GoFunctions goFunctions(ElfFile elf) {
    try {
      return GoFunctions.of(elf);
    } catch (IOException e) {
      return null; // the symbol tables are left
    }
  }

  private static void symbols(ElfFile elf, long[] addresses, @Nullable String[] out)
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
              out[order[i]] = text(name);
            }
          }
        });
  }

  private static String text(ByteBuffer name) {
    byte[] b = new byte[Math.min(name.remaining(), 1024)];
    name.get(0, b);
    return new String(b, StandardCharsets.UTF_8);
  }
}

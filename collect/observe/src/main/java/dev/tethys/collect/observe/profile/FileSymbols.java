package dev.tethys.collect.observe.profile;

import dev.tethys.codec.elf.ElfFile;
import dev.tethys.codec.elf.ElfFunctions;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Names of the functions at some offsets of a file. */
final class FileSymbols {
  private FileSymbols() {}

  /**
   * Names of functions.
   *
   * @param offsets in the file
   * @return a name or null for each
   * @throws IOException when the file cannot be read, or is damaged
   */
  static @Nullable String[] names(Path file, long[] offsets) throws IOException {
    try (ElfFile elf = ElfFile.open(file)) {
      long[] addresses = new long[offsets.length];
      for (int i = 0; i < offsets.length; i++) {
        addresses[i] = elf.addressOf(offsets[i]);
      }
      return ElfFunctions.symbols(elf, addresses);
    }
  }
}

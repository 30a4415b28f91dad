package dev.tethys.codec.elf;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Files that each hold part of a program's debug information. A program compiled with {@code
 * -gsplit-dwarf} has addresses and lines only; others share entries and strings.
 */
public interface SplitFiles {
  /** No files. */
  SplitFiles NONE =
      new SplitFiles() {
        @Override
        public @Nullable ElfFile packed() {
          return null;
        }

        @Override
        public @Nullable ElfFile open(String path) {
          return null;
        }
      };

  /** Package of all units (.dwp), which the reader does not close; null without one. */
  @Nullable ElfFile packed() throws IOException;

  /**
   * Opens the file of one unit (.dwo), which the reader closes; null if none.
   *
   * @param path path recorded by the compiler, including its folder
   */
  @Nullable ElfFile open(String path) throws IOException;

  /**
   * Returns the file that the program shares with others, which the reader does not close; null
   * without it.
   *
   * @param path path recorded in the program, relative to its own folder or absolute
   * @param buildId build ID in hexadecimal
   */
  default @Nullable ElfFile supplement(String path, String buildId) throws IOException {
    return null;
  }
}

package dev.tethys.codec.elf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Debug information shared by several files: strings and entries referenced by offset, as produced
 * by {@code dwz}. Source: DWARF 5, section 7.3.6; the extension of GNU (.gnu_debugaltlink). It is
 * read on the first reference.
 */
final class DwarfSupplement {
  private static final ElfBudget NO_WORK = new ElfBudget(0, 0, Duration.ZERO, () -> false);

  /** Supplement of a file without shared data. */
  static final DwarfSupplement NONE = new DwarfSupplement(null, NO_WORK);

  /** Placeholder of a shared file that was not found. */
  private static final DwarfSupplement MISSING = new DwarfSupplement(null, NO_WORK);

  private final @Nullable ElfFile file;
  private final ElfBudget budget;
  private @Nullable DwarfCursor texts;
  private @Nullable DwarfInfo info;

  private DwarfSupplement(@Nullable ElfFile file, ElfBudget budget) {
    this.file = file;
    this.budget = budget;
  }

  /** Supplement of a program; {@link #NONE} if it has none. */
  static DwarfSupplement of(ElfFile program, SplitFiles files, ElfBudget budget)
      throws IOException {
    ElfFile.Link link = program.supplement();
    if (link == null) {
      return NONE;
    }
    ElfFile found = files.supplement(link.path(), link.buildId());
    return found == null ? MISSING : new DwarfSupplement(found, budget);
  }

  /** Whether names are incomplete because the file is not found. */
  boolean isMissing() {
    return this == MISSING;
  }

  private DwarfCursor section(String name) throws IOException {
    ByteBuffer b = file == null ? ByteBuffer.allocate(0) : file.content(name);
    return new DwarfCursor(b, budget);
  }

  /** Text at an offset, "" without a file. */
  String text(long offset) throws IOException {
    if (file == null) {
      return "";
    }
    DwarfCursor t = texts;
    if (t == null) {
      t = section(".debug_str");
      texts = t;
    }
    return t.textAt(offset);
  }

  /** Returns the function name of an entry; "" without a file. */
  String name(long offset) throws IOException {
    if (file == null) {
      return "";
    }
    DwarfInfo i = info;
    if (i == null) {
      DwarfCursor entries = section(".debug_info");
      DwarfForms forms =
          new DwarfForms(
              entries,
              section(".debug_line"),
              section(".debug_str"),
              section(".debug_line_str"),
              section(".debug_str_offsets"),
              section(".debug_addr"),
              NONE);
      i = DwarfInfo.ofNames(entries, section(".debug_abbrev"), forms);
      info = i;
    }
    return i.nameAt(offset);
  }
}

package dev.tethys.codec.elf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Unit sections of a program that are stored in other files: an indexed package (.dwp), or one file
 * per unit (.dwo). Source: DWARF 5, sections 7.3.2 and 7.3.5; the extension of GNU to DWARF 4.
 */
final class DwarfSplit {
  private static final int MAX_FILES = 10_000;
  private static final int STEPS_OF_A_FILE = 1000; // to open it
  private static final int MAX_COLUMNS = 16;
  private static final int MAX_SLOTS = 1 << 24;
  private static final int INFO = 1; // number of .debug_info.dwo in the index; the others differ
  private static final int ABBREV = 3;
  private static final int STR_OFFSETS = 6;
  private static final int RNGLISTS = 8; // of DWARF 5

  private final SplitFiles files;
  private final ElfBudget budget;
  private final Map<String, ByteBuffer> ofPackage = new HashMap<>();
  private @Nullable ElfFile packed;
  private boolean searched;
  private int opened;

  DwarfSplit(SplitFiles files, ElfBudget budget) {
    this.files = files;
    this.budget = budget;
  }

  /**
   * Debug sections of one unit.
   *
   * @param bytes memory to be returned after the unit was read
   */
  record Sections(
      DwarfCursor info,
      DwarfCursor abbreviations,
      DwarfCursor texts,
      DwarfCursor textOffsets,
      DwarfCursor rangeLists,
      long bytes) {}

  /**
   * Sections of a unit; null if no file has it.
   *
   * @param id unit ID
   * @param path path of the unit's own file
   */
  @Nullable Sections find(long id, String path) throws IOException {
    if (!searched) {
      searched = true;
      packed = files.packed();
    }
    ElfFile all = packed;
    Sections found = all == null ? null : packed(all, id);
    if (found != null || ++opened > MAX_FILES) {
      return found;
    }
    budget.take(STEPS_OF_A_FILE);
    try (ElfFile file = files.open(path)) {
      if (file == null) {
        return null;
      }
      long before = file.budget().bytes();
      DwarfCursor info = whole(file, ".debug_info.dwo");
      DwarfCursor abbreviations = whole(file, ".debug_abbrev.dwo");
      DwarfCursor texts = whole(file, ".debug_str.dwo");
      DwarfCursor textOffsets = whole(file, ".debug_str_offsets.dwo");
      DwarfCursor rangeLists = whole(file, ".debug_rnglists.dwo");
      long bytes = file.budget() == budget ? before - budget.bytes() : 0;
      return new Sections(info, abbreviations, texts, textOffsets, rangeLists, bytes);
    }
  }

  private DwarfCursor whole(ElfFile file, String section) throws IOException {
    return new DwarfCursor(file.content(section), budget);
  }

  private ByteBuffer section(ElfFile all, String name) throws IOException {
    ByteBuffer b = ofPackage.get(name);
    if (b == null) {
      b = all.content(name);
      ofPackage.put(name, b);
    }
    return b;
  }

  /** Finds a unit in the index of a package. */
  private @Nullable Sections packed(ElfFile all, long id) throws IOException {
    DwarfCursor index = new DwarfCursor(section(all, ".debug_cu_index"), budget);
    if (index.size() == 0) {
      return null;
    }
    int version = index.u16(); // of DWARF 4: 2 in four bytes
    index.skip(2);
    long columns = index.u32();
    long units = index.u32();
    long slots = index.u32();
    if (columns > MAX_COLUMNS || slots > MAX_SLOTS || units > slots || slots == 0) {
      throw new IOException("index of split DWARF is damaged");
    }
    int row = row(index, id, slots);
    if (row <= 0 || row > units) {
      return null;
    }
    int numbers = (int) (index.at + 12 * slots);
    int offsets = (int) (numbers + 4 * columns * row);
    int sizes = (int) (numbers + 4 * columns * (units + row));
    ByteBuffer none = ByteBuffer.allocate(0);
    ByteBuffer info = none;
    ByteBuffer abbreviations = none;
    ByteBuffer textOffsets = none;
    ByteBuffer rangeLists = none;
    for (int c = 0; c < columns; c++) {
      int kind = (int) index.copy(numbers + 4L * c).u32();
      long offset = index.copy(offsets + 4L * c).u32();
      long size = index.copy(sizes + 4L * c).u32();
      if (kind == INFO) {
        info = part(section(all, ".debug_info.dwo"), offset, size);
      } else if (kind == ABBREV) {
        abbreviations = part(section(all, ".debug_abbrev.dwo"), offset, size);
      } else if (kind == STR_OFFSETS) {
        textOffsets = part(section(all, ".debug_str_offsets.dwo"), offset, size);
      } else if (kind == RNGLISTS && version == 5) {
        rangeLists = part(section(all, ".debug_rnglists.dwo"), offset, size);
      }
    }
    return new Sections(
        new DwarfCursor(info, budget),
        new DwarfCursor(abbreviations, budget),
        new DwarfCursor(section(all, ".debug_str.dwo"), budget),
        new DwarfCursor(textOffsets, budget),
        new DwarfCursor(rangeLists, budget),
        0);
  }

  /** Row of a unit, from 1; 0 without one. */
  private int row(DwarfCursor index, long id, long slots) throws IOException {
    int start = index.at;
    long mask = slots - 1;
    long slot = id & mask;
    long step = (id >>> 32 & mask) | 1;
    for (long n = 0; n < slots; n++) {
      budget.take(1);
      int row = (int) index.copy(start + 8 * slots + 4 * slot).u32();
      if (row == 0 || index.copy(start + 8 * slot).u64() == id) {
        return row;
      }
      slot = slot + step & mask;
    }
    return 0;
  }

  private static ByteBuffer part(ByteBuffer section, long offset, long size) {
    if (offset + size > section.limit()) {
      return ByteBuffer.allocate(0); // left out, or damaged
    }
    return section.slice((int) offset, (int) size);
  }
}

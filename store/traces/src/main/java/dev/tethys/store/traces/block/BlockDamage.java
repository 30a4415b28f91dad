package dev.tethys.store.traces.block;

import dev.tethys.store.events.SectionReader;
import dev.tethys.store.files.CorruptionException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.TreeSet;

/**
 * Sections of a damaged block that are read as if nothing had been written: fields are empty,
 * attributes, events and links absent. Ids, starts and resources of spans have no such value.
 */
final class BlockDamage {
  /** Maximum number of names listed in a warning. */
  private static final int MAX_SHOWN = 10;

  private static final int[] NEEDED = {
    BlockSection.HEADER,
    BlockSection.TRACE_IDS,
    BlockSection.TRACE_ROWS,
    BlockSection.SPAN_IDS,
    BlockSection.TRACE_STARTS,
    BlockSection.STARTS,
    BlockSection.SCOPES
  };

  private static final int[] EVENTS = {BlockSection.EVENT_COUNTS, BlockSection.EVENT_TIMES};
  private static final int[] LINKS = {
    BlockSection.LINK_COUNTS,
    BlockSection.LINK_TRACES,
    BlockSection.LINK_TRACE_IDS,
    BlockSection.LINK_SPANS,
    BlockSection.LINK_SPAN_IDS
  };

  private static final String[] NAMES = new String[BlockSection.COLUMN];

  static {
    NAMES[BlockSection.PARENTS] = "parents";
    NAMES[BlockSection.PARENT_IDS] = "parents";
    NAMES[BlockSection.ENDS] = "durations";
    NAMES[BlockSection.KINDS] = "kinds";
    NAMES[BlockSection.STATUS] = "statuses";
    NAMES[BlockSection.NAMES] = "names";
    NAMES[BlockSection.MESSAGES] = "status messages";
    NAMES[BlockSection.STATES] = "trace states";
    NAMES[BlockSection.EVENT_NAMES] = "names of events";
    NAMES[BlockSection.LINK_STATES] = "trace states of links";
  }

  private final BitSet absent = new BitSet(); // sections
  private final TreeSet<String> missing = new TreeSet<>();
  private int owners = BlockShapes.OWNERS; // that have attributes

  /**
   * Finds the damaged sections.
   *
   * @throws CorruptionException if no span of the block is readable
   */
  BlockDamage(SectionReader sections) {
    for (int n : NEEDED) {
      var unused = sections.get(n);
    }
    for (int n = 0; n < BlockSection.COLUMN; n++) {
      try {
        var unused = sections.get(n);
      } catch (CorruptionException e) {
        absent.set(n);
        missing.add(NAMES[n] == null ? "further fields" : NAMES[n]);
      }
    }
    if (leaveOut(LINKS, "links") || absent.get(BlockSection.LINK_SHAPES)) {
      owners = 2;
    }
    // Values of spans, events and links follow one another in columns.
    if (leaveOut(EVENTS, "events") || absent.get(BlockSection.EVENT_SHAPES)) {
      owners = 1;
    }
    if (absent.get(BlockSection.SHAPES) || absent.get(BlockSection.SHAPE_LIST)) {
      owners = 0;
    }
    if (owners < BlockShapes.OWNERS) {
      missing.add(owners == 0 ? "attributes" : "attributes of events or links");
    }
  }

  /** Leaves out events or links if one of their sections is damaged. */
  private boolean leaveOut(int[] of, String name) {
    boolean any = false;
    for (int n : of) {
      any |= absent.get(n);
    }
    if (any) {
      for (int n : of) {
        absent.set(n);
      }
      missing.add(name);
    }
    return any;
  }

  /** True if a section reads as zeros or empty strings. */
  boolean isAbsent(int section) {
    return section < BlockSection.COLUMN && absent.get(section);
  }

  /** True if events are omitted. */
  boolean hasNoEvents() {
    return absent.get(BlockSection.EVENT_COUNTS);
  }

  /** True if links are omitted. */
  boolean hasNoLinks() {
    return absent.get(BlockSection.LINK_COUNTS);
  }

  /** Returns the number of the first owners whose rows have shapes. */
  int owners() {
    return owners;
  }

  /** Shapes without the elements of columns that are not readable. */
  BlockShapes readable(BlockShapes all, BitSet columns) {
    for (int o = 0; o < BlockShapes.OWNERS; o++) {
      for (int e = 0; e < all.starts[o][all.count(o)]; e++) {
        if (columns.get(all.elementColumns[o][e])) {
          missing.add(all.keys[all.elementKeys[o][e]]);
        }
      }
    }
    return all.without(owners, columns);
  }

  /** Returns the list of the missing fields, for warnings. */
  String text() {
    List<String> shown = new ArrayList<>(missing);
    int more = shown.size() - MAX_SHOWN;
    return more > 0
        ? String.join(", ", shown.subList(0, MAX_SHOWN)) + " and " + more + " more"
        : String.join(", ", shown);
  }
}

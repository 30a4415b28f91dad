package dev.tethys.model.profiles;

import java.util.Arrays;

/**
 * Copies requested symbols and the symbols that they reference into another table. Not thread-safe.
 */
public final class SymbolCopier {
  private final ProfileSymbols from;
  private final ProfileSymbolTable to;

  // Indexes in the other table, -1 before a symbol is copied. They are allocated when one is
  // copied: most profiles have only stacks that are known.
  private final int[] attributes;
  private int[] strings = {};
  private int[] mappings = {};
  private int[] functions = {};
  private int[] locations = {};
  private int[] nodes = {};
  private long[] row = new long[16];
  private int[] path = new int[64];

  public SymbolCopier(ProfileSymbols from, ProfileSymbolTable to) {
    this.from = from;
    this.to = to;
    attributes = unknown(from.attributes().count());
  }

  private static int[] unknown(int length) {
    int[] a = new int[length];
    Arrays.fill(a, -1);
    return a;
  }

  private void allocateStacks() {
    if (nodes.length > 0) {
      return;
    }
    mappings = unknown(from.mappings().count());
    functions = unknown(from.functions().count());
    locations = unknown(from.locations().count());
    nodes = unknown(from.nodes().count());
    nodes[0] = 0;
  }

  private long string(long index) {
    int i = (int) index;
    if (strings.length == 0) {
      strings = unknown(from.stringCount());
    }
    if (strings[i] < 0) {
      Texts t = from.strings();
      strings[i] = to.strings.intern(t.data(), t.starts()[i], t.length(i));
    }
    return strings[i];
  }

  private int load(Tuples table, int index) {
    int n = table.length(index);
    if (row.length < n) {
      row = new long[Math.max(n, row.length * 2)];
    }
    System.arraycopy(table.data(), table.starts()[index], row, 0, n);
    return n;
  }

  private long mapping(long index) {
    int i = (int) index;
    if (mappings[i] < 0) {
      int n = load(from.mappings(), i);
      row[3] = string(row[3]);
      row[4] = string(row[4]);
      mappings[i] = to.mappings.intern(row, n);
    }
    return mappings[i];
  }

  private long function(long index) {
    int i = (int) index;
    if (functions[i] < 0) {
      Tuples f = from.functions();
      long[] out = {string(f.get(i, 0)), string(f.get(i, 1)), string(f.get(i, 2)), f.get(i, 3)};
      functions[i] = to.functions.intern(out, 4);
    }
    return functions[i];
  }

  private int location(int i) {
    if (locations[i] < 0) {
      int n = loadLocation(i); // may replace the row by a longer one
      locations[i] = to.locations.intern(row, n);
    }
    return locations[i];
  }

  private int loadLocation(int i) {
    long mapping = mapping(from.locations().get(i, 0));
    int n = load(from.locations(), i);
    row[0] = mapping;
    for (int at = ProfileSymbols.LOCATION_HEAD; at < n; at += ProfileSymbols.LINE) {
      row[at] = function(row[at]);
    }
    return n;
  }

  /**
   * Returns the index, in the other table, of a stack with the innermost locations of a node.
   *
   * @param keep number of locations; 0 for all
   * @param wholeFunction true to omit address and line of the innermost one, so that stacks that
   *     end in different lines of a function become one
   */
  public int innermost(int index, int keep, boolean wholeFunction) {
    allocateStacks();
    int depth = 0;
    for (int at = index; at != 0 && (keep == 0 || depth < keep); depth++) {
      if (depth == path.length) {
        path = Arrays.copyOf(path, depth * 2);
      }
      path[depth] = (int) from.nodes().get(at, 1);
      at = (int) from.nodes().get(at, 0);
    }
    int parent = 0;
    while (depth > 0) {
      depth--;
      boolean isWhole = depth == 0 && wholeFunction;
      int location = isWhole ? withoutLine(path[depth]) : location(path[depth]);
      parent = to.nodes.intern(parent, location);
    }
    return parent;
  }

  private int withoutLine(int i) {
    int n = loadLocation(i);
    if (n > ProfileSymbols.LOCATION_HEAD) {
      row[1] = 0;
      row[ProfileSymbols.LOCATION_HEAD + 1] = 0;
      row[ProfileSymbols.LOCATION_HEAD + 2] = 0;
    }
    return to.locations.intern(row, n);
  }

  /** Index of a node in the other table. */
  public int node(int index) {
    allocateStacks();
    int depth = 0;
    int at = index;
    while (nodes[at] < 0) {
      if (depth == path.length) {
        path = Arrays.copyOf(path, depth * 2);
      }
      path[depth++] = at;
      at = (int) from.nodes().get(at, 0);
    }
    int parent = nodes[at];
    while (depth > 0) {
      at = path[--depth];
      parent = to.nodes.intern(parent, location((int) from.nodes().get(at, 1)));
      nodes[at] = parent;
    }
    return parent;
  }

  /** Index of a set of attributes in the other table. */
  public int attributes(int index) {
    if (attributes[index] < 0) {
      int n = load(from.attributes(), index);
      for (int at = 0; at < n; at += ProfileSymbols.ATTRIBUTE) {
        row[at] = string(row[at]);
        row[at + 2] = row[at + 1] == ProfileSymbols.TEXT ? string(row[at + 2]) : row[at + 2];
        row[at + 3] = string(row[at + 3]);
      }
      attributes[index] = to.attributes.intern(row, n);
    }
    return attributes[index];
  }
}

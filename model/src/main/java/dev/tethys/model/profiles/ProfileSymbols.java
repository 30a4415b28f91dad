package dev.tethys.model.profiles;

/**
 * Symbols referenced by profiles through indexes. In each table but the strings, rows refer to rows
 * of the tables before and of their own table only to earlier rows, so that stacks have no cycles.
 * Row 0 of each table is the empty one; that of the nodes has location -1. Immutable.
 *
 * <pre>
 * mappings:   memory start, memory limit, file offset, file name, build id, flags ({@link #HAS_FUNCTIONS} …)
 * functions:  name, system name, file name, start line
 * locations:  mapping, address, 1 if folded, then for each line, the innermost first: function, line, column
 * nodes:      parent node, location; a stack is the node of its innermost frame, node 0 has no frames
 * attributes: for each attribute: key, kind ({@link #TEXT} …), value or string, unit
 * </pre>
 *
 * <p>File names, build ids, names, keys, texts and units are indexes of strings.
 *
 * @param strings texts; the first is empty
 * @param attributes sets of attributes of samples and of profiles
 */
public record ProfileSymbols(
    Texts strings,
    Tuples mappings,
    Tuples functions,
    Tuples locations,
    Tuples nodes,
    Tuples attributes) {
  /** Kind of an attribute with a string. */
  public static final int TEXT = 0;

  /** Kind of an attribute with a number. */
  public static final int NUMBER = 1;

  /** Kind of a boolean attribute, 0 or 1. */
  public static final int BOOLEAN = 2;

  /** Mapping flag: function names are present. */
  public static final int HAS_FUNCTIONS = 1;

  /** Mapping flag: file names are present. */
  public static final int HAS_FILENAMES = 2;

  /** Mapping flag: line numbers are present. */
  public static final int HAS_LINE_NUMBERS = 4;

  /** Mapping flag: inlined frames are present. */
  public static final int HAS_INLINE_FRAMES = 8;

  /** Values of a location before its lines. */
  public static final int LOCATION_HEAD = 3;

  /** Number of values per line. */
  public static final int LINE = 3;

  /** Number of values per attribute. */
  public static final int ATTRIBUTE = 4;

  /** A text. */
  public String string(long index) {
    return strings.get((int) index);
  }

  /** Returns the number of strings. */
  public int stringCount() {
    return strings.count();
  }

  /** Number of lines of a location. */
  public int lines(int location) {
    return (locations.length(location) - LOCATION_HEAD) / LINE;
  }

  /** Number of attributes of a set. */
  public int attributes(int set) {
    return attributes.length(set) / ATTRIBUTE;
  }

  /** Returns a column of an attribute in a set. */
  public long attribute(int set, int index, int column) {
    return attributes.get(set, index * ATTRIBUTE + column);
  }

  /** Returns the text of an attribute in a set; "" if there is none. */
  public String text(int set, String key) {
    for (int i = 0; i < attributes(set); i++) {
      if (attribute(set, i, 1) == TEXT && string(attribute(set, i, 0)).equals(key)) {
        return string(attribute(set, i, 2));
      }
    }
    return "";
  }

  /** Name of a frame: its function, or the file of its mapping with the address, or the address. */
  public String frame(int location, int line) {
    if (line < lines(location)) {
      long function = locations.get(location, LOCATION_HEAD + line * LINE);
      String name = string(functions.get((int) function, 0));
      return name.isEmpty() ? string(functions.get((int) function, 1)) : name;
    }
    String address = "0x" + Long.toHexString(locations.get(location, 1));
    String file = string(mappings.get((int) locations.get(location, 0), 3));
    return file.isEmpty() ? address : file.substring(file.lastIndexOf('/') + 1) + " " + address;
  }
}

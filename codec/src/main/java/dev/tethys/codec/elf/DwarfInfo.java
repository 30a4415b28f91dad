package dev.tethys.codec.elf;

import dev.tethys.codec.elf.DwarfUnit.Abbreviation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Functions at given addresses, including inlined ones, from the entries of .debug_info. Source:
 * DWARF 2 to 5, chapters 2, 3 and 7.
 */
final class DwarfInfo {
  private static final int SUBPROGRAM = 0x2e;
  private static final int INLINED = 0x1d;
  private static final int MAX_DEPTH = 512;
  private static final int MAX_CHAIN = 64;
  private static final int MAX_REFERENCES = 16;
  private static final int MAX_KEPT_TABLES = 64;
  private static final int MAX_UNITS = 1_000_000;

  // Attributes that are used, by their place in an entry.
  private static final int NAME = 0;
  private static final int LINES = 1;
  private static final int LOW = 2;
  private static final int HIGH = 3;
  private static final int FOLDER = 4;
  private static final int ORIGIN = 5;
  private static final int SPECIFICATION = 6;
  private static final int RANGES = 7;
  private static final int CALL_FILE = 8;
  private static final int CALL_LINE = 9;
  private static final int LINKAGE_NAME = 10;
  private static final int TEXT_BASE = 11;
  private static final int ADDRESS_BASE = 12;
  private static final int RANGES_BASE = 13;
  private static final int SPLIT_FILE = 14;
  private static final int SPLIT_ID = 15;
  private static final int SPLIT_RANGES_BASE = 16;
  private static final int USED = 17;

  /**
   * Function that contains an address.
   *
   * @param callFile index in the line number program of the call, if it is inlined
   */
  record Scope(String symbol, long lines, long callFile, int callLine) {}

  private final DwarfCursor info;
  private final DwarfCursor abbreviations;
  private final DwarfCursor ranges;
  private final DwarfCursor rangeLists;
  private final DwarfForms forms;
  private final @Nullable DwarfSplit split;
  private final long[] wanted;
  private final @Nullable List<Scope>[] chains;
  private final Map<Long, Map<Long, Abbreviation>> tables = new HashMap<>();
  private final TreeMap<Integer, DwarfUnit> units = new TreeMap<>();
  private final Map<Long, String> folders = new HashMap<>();
  private final Map<Integer, String> names = new HashMap<>();

  @SuppressWarnings({"unchecked", "rawtypes"}) // arrays of lists
  DwarfInfo(
      DwarfCursor info,
      DwarfCursor abbreviations,
      DwarfCursor ranges,
      DwarfCursor rangeLists,
      DwarfForms forms,
      @Nullable DwarfSplit split,
      long[] wanted) {
    this(info, abbreviations, ranges, rangeLists, forms, split, wanted, new List[wanted.length]);
  }

  private DwarfInfo(
      DwarfCursor info,
      DwarfCursor abbreviations,
      DwarfCursor ranges,
      DwarfCursor rangeLists,
      DwarfForms forms,
      @Nullable DwarfSplit split,
      long[] wanted,
      @Nullable List<Scope>[] chains) {
    this.info = info;
    this.abbreviations = abbreviations;
    this.ranges = ranges;
    this.rangeLists = rangeLists;
    this.forms = forms;
    this.split = split;
    this.wanted = wanted;
    this.chains = chains;
  }

  /** Creates a reader for entries from which others take their function names. */
  static DwarfInfo ofNames(DwarfCursor info, DwarfCursor abbreviations, DwarfForms forms) {
    DwarfCursor none = new DwarfCursor(ByteBuffer.allocate(0), info.budget);
    return new DwarfInfo(info, abbreviations, none, none, forms, null, new long[0]);
  }

  /** Returns the function name for the entry at an offset; "" if there is none. */
  String nameAt(long offset) throws IOException {
    if (units.isEmpty()) {
      heads();
      bases();
    }
    DwarfUnit u = unitAt(offset);
    return u == null ? "" : name((int) offset, u);
  }

  private @Nullable DwarfUnit unitAt(long offset) {
    if (offset < 0 || offset > info.size()) {
      return null;
    }
    Map.Entry<Integer, DwarfUnit> unit = units.floorEntry((int) offset);
    return unit == null || offset >= unit.getValue().end ? null : unit.getValue();
  }

  /** Functions at an address by its index, the outermost first; empty if none is known. */
  List<Scope> scopes(int index) {
    List<Scope> c = chains[index];
    return c == null ? List.of() : c;
  }

  /** Folder of the compilation by offset of the line number program. */
  Map<Long, String> folders() {
    return folders;
  }

  /** Reads the units, then the entries of units that contain an address. */
  void run() throws IOException {
    heads();
    bases();
    Entry root = new Entry();
    for (DwarfUnit u : units.values()) {
      if (u.hasEntries && u.entries < u.end && root.read(cursor(u, u.entries), u)) {
        boolean[] any = new boolean[1];
        matches(root, u, _ -> any[0] = true);
        if (any[0]) {
          walk(u);
          if (root.has(SPLIT_FILE)) {
            splitUnit(u, root);
          }
        }
      }
    }
  }

  private void heads() throws IOException {
    info.seek(0);
    while (info.at < info.size() && units.size() < MAX_UNITS) {
      info.budget.take(1);
      info.budget.takeBytes(DwarfUnit.BYTES);
      DwarfUnit u = new DwarfUnit(info);
      units.put(u.start, u);
      info.seek(u.end);
    }
  }

  /** Reads the functions of a unit that are in another file. */
  private void splitUnit(DwarfUnit u, Entry root) throws IOException {
    DwarfSplit from = split;
    if (from == null) {
      return;
    }
    long id = root.valueOr(SPLIT_ID, u.splitId);
    String folder = root.has(FOLDER) ? forms.text(root.forms[FOLDER], root.values[FOLDER], u) : "";
    String file = forms.text(root.forms[SPLIT_FILE], root.values[SPLIT_FILE], u);
    DwarfSplit.Sections s =
        from.find(id, folder.isEmpty() || file.startsWith("/") ? file : folder + "/" + file);
    if (s == null) {
      return;
    }
    DwarfInfo other =
        new DwarfInfo(
            s.info(),
            s.abbreviations(),
            ranges,
            s.rangeLists(),
            forms.ofSplit(s),
            null,
            wanted,
            chains);
    try {
      other.readSplit(id, u, root.valueOr(SPLIT_RANGES_BASE, 0));
    } catch (IOException | IndexOutOfBoundsException | ArithmeticException e) {
      // damaged: keep the functions found so far
    } finally {
      other.releaseTables();
      info.budget.giveBytes((long) DwarfUnit.BYTES * other.units.size() + s.bytes());
    }
  }

  /** Reads the unit of an id, which has its lines and addresses in the program. */
  private void readSplit(long id, DwarfUnit program, long rangesBase) throws IOException {
    heads();
    Entry root = new Entry();
    for (DwarfUnit u : units.values()) {
      if (!u.hasEntries || u.entries >= u.end || !root.read(cursor(u, u.entries), u)) {
        continue;
      }
      if (root.valueOr(SPLIT_ID, u.splitId) != id) {
        continue; // of another compilation
      }
      u.textBase = root.valueOr(TEXT_BASE, u.textBase);
      u.addressBase = program.addressBase;
      u.rangesBase = u.version >= 5 ? root.valueOr(RANGES_BASE, u.rangesBase) : rangesBase;
      u.lines = program.lines;
      u.lowPc = program.lowPc;
      walk(u);
    }
  }

  private DwarfCursor cursor(DwarfUnit u, long offset) {
    DwarfCursor c = info.copy(offset);
    c.wide = u.wide;
    return c;
  }

  private void bases() throws IOException {
    Entry root = new Entry();
    for (DwarfUnit u : units.values()) {
      if (u.hasEntries && u.entries < u.end && root.read(cursor(u, u.entries), u)) {
        bases(u, root);
      }
    }
  }

  private void bases(DwarfUnit u, Entry root) throws IOException {
    u.textBase = root.valueOr(TEXT_BASE, u.textBase);
    u.addressBase = root.valueOr(ADDRESS_BASE, u.addressBase);
    u.rangesBase = root.valueOr(RANGES_BASE, u.rangesBase);
    u.lines = root.valueOr(LINES, -1);
    u.lowPc = root.has(LOW) ? forms.address(root.forms[LOW], root.values[LOW], u) : 0;
    if (root.has(LINES) && root.has(FOLDER)) {
      info.budget.takeBytes(DwarfCursor.OBJECT);
      folders.putIfAbsent(u.lines, forms.text(root.forms[FOLDER], root.values[FOLDER], u));
    }
  }

  private Map<Long, Abbreviation> table(DwarfUnit u) throws IOException {
    Map<Long, Abbreviation> t = tables.get(u.abbreviations);
    if (t == null) {
      if (tables.size() >= MAX_KEPT_TABLES) {
        releaseTables();
      }
      t = DwarfUnit.abbreviations(abbreviations.copy(u.abbreviations));
      tables.put(u.abbreviations, t);
    }
    return t;
  }

  private void releaseTables() {
    for (Map<Long, Abbreviation> t : tables.values()) {
      for (Abbreviation a : t.values()) {
        info.budget.giveBytes(a.bytes());
      }
    }
    tables.clear();
  }

  /** Entry with the attributes that are used. */
  private final class Entry {
    final int[] forms = new int[USED]; // 0 where the entry has no such attribute
    final long[] values = new long[USED];
    int tag;
    boolean hasChildren;

    boolean has(int attribute) {
      return forms[attribute] != 0;
    }

    long valueOr(int attribute, long other) {
      return has(attribute) ? values[attribute] : other;
    }

    /** Reads an entry; returns false for the entry that ends a list of children. */
    boolean read(DwarfCursor c, DwarfUnit u) throws IOException {
      return read(c, u, table(u));
    }

    boolean read(DwarfCursor c, DwarfUnit u, Map<Long, Abbreviation> table) throws IOException {
      c.budget.take(1);
      long code = c.uleb();
      if (code == 0) {
        return false;
      }
      Abbreviation a = table.get(code);
      if (a == null) {
        throw new IOException("abbreviation " + code + " does not exist");
      }
      tag = a.tag();
      hasChildren = a.hasChildren();
      Arrays.fill(forms, 0);
      long[] attributes = a.attributes();
      c.budget.take(attributes.length / 3);
      for (int i = 0; i < attributes.length; i += 3) {
        int form = (int) attributes[i + 1];
        if (form == DwarfForms.INDIRECT) {
          form = (int) c.uleb();
        }
        long v =
            form == DwarfForms.IMPLICIT_CONST
                ? attributes[i + 2]
                : DwarfInfo.this.forms.read(c, form, u.addressSize, u.version);
        int place = place((int) attributes[i]);
        if (place >= 0) {
          forms[place] = form;
          values[place] = v;
        }
      }
      return true;
    }
  }

  private static int place(int attribute) {
    return switch (attribute) {
      case 0x03 -> NAME;
      case 0x10 -> LINES;
      case 0x11 -> LOW;
      case 0x12 -> HIGH;
      case 0x1b -> FOLDER;
      case 0x31 -> ORIGIN;
      case 0x47 -> SPECIFICATION;
      case 0x55 -> RANGES;
      case 0x58 -> CALL_FILE;
      case 0x59 -> CALL_LINE;
      case 0x6e, 0x2007 -> LINKAGE_NAME;
      case 0x72 -> TEXT_BASE;
      case 0x73, 0x2133 -> ADDRESS_BASE;
      case 0x74 -> RANGES_BASE;
      case 0x76, 0x2130 -> SPLIT_FILE;
      case 0x2131 -> SPLIT_ID;
      case 0x2132 -> SPLIT_RANGES_BASE;
      default -> -1;
    };
  }

  private void walk(DwarfUnit u) throws IOException {
    DwarfCursor c = cursor(u, u.entries);
    Map<Long, Abbreviation> table = table(u);
    Entry e = new Entry();
    int depth = 0;
    while (c.at < u.end) {
      int at = c.at;
      if (!e.read(c, u, table)) {
        depth--;
        if (depth <= 0) {
          return;
        }
        continue;
      }
      if (e.tag == SUBPROGRAM || e.tag == INLINED) {
        function(e, u, at);
      }
      if (e.hasChildren) {
        depth++;
        if (depth > MAX_DEPTH) {
          throw new IOException("entries are nested more than " + MAX_DEPTH + " deep");
        }
      } else if (depth == 0) {
        return;
      }
    }
  }

  private void function(Entry e, DwarfUnit u, int at) throws IOException {
    boolean isInlined = e.tag == INLINED;
    long file = e.valueOr(CALL_FILE, -1);
    int line = (int) Math.clamp(e.valueOr(CALL_LINE, 0), 0, Integer.MAX_VALUE);
    @Nullable Scope[] made = new Scope[1];
    matches(
        e,
        u,
        i -> {
          List<Scope> chain = chains[i];
          if (isInlined && chain == null) {
            return;
          }
          if (chain == null || !isInlined) {
            chain = new ArrayList<>(2);
            chains[i] = chain;
          }
          if (chain.size() < MAX_CHAIN) {
            info.budget.takeBytes(DwarfCursor.OBJECT);
            Scope s = made[0];
            if (s == null) {
              s = new Scope(name(at, u), u.lines, file, line);
              made[0] = s;
            }
            chain.add(s);
          }
        });
  }

  /** Returns the function name of an entry, following its references if it has none itself. */
  private String name(int offset, DwarfUnit of) throws IOException {
    String known = names.get(offset);
    if (known != null) {
      return known;
    }
    Entry e = new Entry();
    DwarfUnit u = of;
    long at = offset;
    String plain = "";
    String found = "";
    for (int i = 0; i < MAX_REFERENCES && found.isEmpty(); i++) {
      if (!e.read(cursor(u, at), u)) {
        break;
      }
      if (e.has(LINKAGE_NAME)) {
        found = forms.text(e.forms[LINKAGE_NAME], e.values[LINKAGE_NAME], u);
      }
      if (plain.isEmpty() && e.has(NAME)) {
        plain = forms.text(e.forms[NAME], e.values[NAME], u);
      }
      int next = e.has(ORIGIN) ? ORIGIN : SPECIFICATION;
      if (!e.has(next)) {
        break;
      }
      int form = e.forms[next];
      if (form >= DwarfForms.REF1 && form <= DwarfForms.REF_UDATA) {
        at = u.start + e.values[next];
      } else if (form == DwarfForms.REF_ADDR) {
        at = e.values[next];
        DwarfUnit unit = unitAt(at);
        if (unit == null) {
          break;
        }
        u = unit;
      } else {
        if (DwarfForms.isOfSupplement(form)) {
          found = forms.supplement.name(e.values[next]);
        }
        break;
      }
    }
    String name = found.isEmpty() ? plain : found;
    info.budget.takeBytes(2 * DwarfCursor.OBJECT);
    names.put(offset, name);
    return name;
  }

  /** Receives indexes of addresses. */
  private interface Matches {
    void accept(int index) throws IOException;
  }

  /** Finds the addresses in the ranges of an entry. */
  private void matches(Entry e, DwarfUnit u, Matches to) throws IOException {
    if (e.has(RANGES)) {
      if (u.version >= 5) {
        rangeList(e, u, to);
      } else {
        ranges(e.values[RANGES] + u.rangesBase, u, to);
      }
    } else if (e.has(LOW) && e.has(HIGH)) {
      long low = forms.address(e.forms[LOW], e.values[LOW], u);
      long high =
          DwarfForms.isAddress(e.forms[HIGH])
              ? forms.address(e.forms[HIGH], e.values[HIGH], u)
              : low + e.values[HIGH];
      range(low, high, to);
    }
  }

  private void range(long low, long high, Matches to) throws IOException {
    info.budget.take(1);
    if (low == 0 || low >= high) {
      return; // code that the linker left out
    }
    int i = Arrays.binarySearch(wanted, low);
    for (i = i < 0 ? -i - 1 : i; i < wanted.length && wanted[i] < high; i++) {
      info.budget.take(1);
      to.accept(i);
    }
  }

  /** Ranges before DWARF 5. */
  private void ranges(long offset, DwarfUnit u, Matches to) throws IOException {
    DwarfCursor c = ranges.copy(offset);
    long base = u.lowPc;
    long last = u.addressSize == 4 ? 0xffff_ffffL : -1;
    while (true) {
      info.budget.take(1);
      long low = c.number(u.addressSize);
      long high = c.number(u.addressSize);
      if (low == 0 && high == 0) {
        return;
      }
      if (low == last) {
        base = high;
      } else {
        range(base + low, base + high, to);
      }
    }
  }

  private void rangeList(Entry e, DwarfUnit u, Matches to) throws IOException {
    long offset = e.values[RANGES];
    if (e.forms[RANGES] == DwarfForms.RNGLISTX) {
      int size = u.wide ? 8 : 4;
      DwarfCursor index = rangeLists.copy(u.rangesBase + Math.multiplyExact(offset, size));
      offset = u.rangesBase + index.number(size);
    }
    DwarfCursor c = rangeLists.copy(offset);
    long base = u.lowPc;
    while (true) {
      switch (c.u8()) {
        case 0 -> {
          return;
        }
        case 1 -> base = forms.indexedAddress(c.uleb(), u);
        case 2 -> {
          long low = forms.indexedAddress(c.uleb(), u);
          range(low, forms.indexedAddress(c.uleb(), u), to);
        }
        case 3 -> {
          long low = forms.indexedAddress(c.uleb(), u);
          range(low, low + c.uleb(), to);
        }
        case 4 -> {
          long low = base + c.uleb();
          range(low, base + c.uleb(), to);
        }
        case 5 -> base = c.number(u.addressSize);
        case 6 -> {
          long low = c.number(u.addressSize);
          range(low, c.number(u.addressSize), to);
        }
        case 7 -> {
          long low = c.number(u.addressSize);
          range(low, low + c.uleb(), to);
        }
        default -> throw new IOException("range list has an unknown entry");
      }
      info.budget.take(1);
    }
  }
}

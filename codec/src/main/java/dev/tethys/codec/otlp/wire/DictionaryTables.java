package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.profiles.ProfileSymbolTable;
import dev.tethys.model.profiles.ProfileSymbols;
import dev.tethys.model.profiles.StackMerge;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Dictionary of OTLP profiles as a {@link ProfileSymbolTable}. Entries are converted when they are
 * first used, so that a request costs no more than its profiles need. Not thread-safe.
 */
final class DictionaryTables {
  private static final int LENGTH = ProtoReader.LENGTH;
  private static final int NONE = -1;
  private static final String BUILD_ID = "process.executable.build_id.gnu";

  private final byte[] message;
  private final ProfileSymbolTable to;
  private final int[][] spans = new int[ProfileTable.values().length][32]; // offset, length
  private final int[] sizes = new int[spans.length];
  private final int[][] known = new int[spans.length][];
  private final ProtoReader r = new ProtoReader();
  private long[] row = new long[16];

  /** Attribute set under construction, of a sample or profile. */
  final class Set {
    private long[] fields = new long[16];
    private int length;
    private final Map<String, String> texts = new LinkedHashMap<>();

    /** Attributes with a text. */
    Map<String, String> texts() {
      return texts;
    }

    private void add(String key, long kind, long value, int unit) {
      if (length + ProfileSymbols.ATTRIBUTE > fields.length) {
        fields = Arrays.copyOf(fields, fields.length * 2);
      }
      fields[length++] = to.string(key);
      fields[length++] = kind;
      fields[length++] = value;
      fields[length++] = unit;
    }

    private void text(String key, String value, int unit) {
      add(key, ProfileSymbols.TEXT, to.string(value), unit);
      texts.putIfAbsent(key, value);
    }

    /** Index of the set in the table. */
    int index() {
      return to.attributes.intern(fields, length);
    }
  }

  DictionaryTables(byte[] message, ProfileSymbolTable to) {
    this.message = message;
    this.to = to;
    r.reset(message, 0, message.length);
    while (r.next()) {
      int t = r.field() - 1;
      if (t < 0 || t >= spans.length || r.wireType() != LENGTH) {
        r.skip();
        continue;
      }
      if (2 * sizes[t] == spans[t].length) {
        spans[t] = Arrays.copyOf(spans[t], spans[t].length * 2);
      }
      int n = r.readLength();
      spans[t][2 * sizes[t]] = r.position();
      spans[t][2 * sizes[t]++ + 1] = n;
      r.position(r.position() + n);
    }
    for (int t = 0; t < known.length; t++) {
      known[t] = new int[sizes[t]];
      Arrays.fill(known[t], NONE);
    }
  }

  private int check(ProfileTable table, long index) {
    int n = sizes[table.ordinal()];
    if (index < 0 || index >= n) {
      throw new CodecException(
          "OTLP profiles: "
              + table.name().toLowerCase(Locale.ROOT)
              + "_table has "
              + n
              + " entries, a reference is "
              + Long.toUnsignedString(index));
    }
    return (int) index;
  }

  /** Returns a reader for a table entry. */
  private ProtoReader entry(ProfileTable table, int index) {
    int[] s = spans[table.ordinal()];
    return new ProtoReader().reset(message, s[2 * index], s[2 * index + 1]);
  }

  /** Text of the string table; index 0 is "" even in an empty table. */
  String text(long index) {
    if (index == 0) {
      return "";
    }
    int i = check(ProfileTable.STRING, index);
    int[] s = spans[ProfileTable.STRING.ordinal()];
    return new String(message, s[2 * i], s[2 * i + 1], StandardCharsets.UTF_8);
  }

  private long string(long index) {
    if (index == 0) {
      return 0;
    }
    int i = check(ProfileTable.STRING, index);
    int[] k = known[ProfileTable.STRING.ordinal()];
    if (k[i] == NONE) {
      k[i] = to.string(text(i));
    }
    return k[i];
  }

  private long mapping(long index) {
    if (index == 0) {
      return 0;
    }
    int i = check(ProfileTable.MAPPING, index);
    int[] k = known[ProfileTable.MAPPING.ordinal()];
    if (k[i] == NONE) {
      ProtoReader in = entry(ProfileTable.MAPPING, i);
      long[] m = new long[6];
      Set attributes = new Set();
      while (in.next()) {
        if (in.wireType() == ProtoReader.VARINT && in.field() <= 3) {
          m[in.field() - 1] = in.readVarint();
        } else if (in.tag() == 4 << 3) {
          m[3] = string(in.readVarint());
        } else if (in.field() == 5) {
          for (int o = in.beginRepeated(ProtoReader.VARINT); in.moreRepeated(o); ) {
            attribute(in.readVarint(), attributes);
          }
        } else {
          in.skip();
        }
      }
      m[4] = to.string(attributes.texts.getOrDefault(BUILD_ID, ""));
      m[5] = flags(attributes);
      k[i] = to.mappings.intern(m, m.length);
    }
    return k[i];
  }

  private long flags(Set attributes) {
    String[] names = {
      "pprof.mapping.has_functions",
      "pprof.mapping.has_filenames",
      "pprof.mapping.has_line_numbers",
      "pprof.mapping.has_inline_frames"
    };
    long flags = 0;
    for (int f = 0; f < names.length; f++) {
      flags |= isTrue(attributes, names[f]) ? 1L << f : 0;
    }
    return flags;
  }

  private boolean isTrue(Set attributes, String key) {
    int name = to.string(key);
    for (int at = 0; at < attributes.length; at += ProfileSymbols.ATTRIBUTE) {
      if (attributes.fields[at] == name
          && attributes.fields[at + 1] == ProfileSymbols.BOOLEAN
          && attributes.fields[at + 2] != 0) {
        return true;
      }
    }
    return false;
  }

  private long function(long index) {
    if (index == 0) {
      return 0;
    }
    int i = check(ProfileTable.FUNCTION, index);
    int[] k = known[ProfileTable.FUNCTION.ordinal()];
    if (k[i] == NONE) {
      ProtoReader in = entry(ProfileTable.FUNCTION, i);
      long[] f = new long[4];
      while (in.next()) {
        if (in.wireType() == ProtoReader.VARINT && in.field() <= 3) {
          f[in.field() - 1] = string(in.readVarint());
        } else if (in.tag() == 4 << 3) {
          f[3] = in.readVarint();
        } else {
          in.skip();
        }
      }
      k[i] = to.functions.intern(f, f.length);
    }
    return k[i];
  }

  private int location(long index) {
    if (index == 0) {
      return 0;
    }
    int i = check(ProfileTable.LOCATION, index);
    int[] k = known[ProfileTable.LOCATION.ordinal()];
    if (k[i] == NONE) {
      ProtoReader in = entry(ProfileTable.LOCATION, i);
      int length = ProfileSymbols.LOCATION_HEAD;
      Arrays.fill(row, 0, length, 0);
      Set attributes = new Set();
      while (in.next()) {
        if (in.tag() == 1 << 3) {
          row[0] = mapping(in.readVarint());
        } else if (in.tag() == 2 << 3) {
          row[1] = in.readVarint();
        } else if (in.tag() == (3 << 3 | LENGTH)) {
          length = line(in, length);
        } else if (in.field() == 4) {
          for (int o = in.beginRepeated(ProtoReader.VARINT); in.moreRepeated(o); ) {
            attribute(in.readVarint(), attributes);
          }
        } else {
          in.skip();
        }
      }
      row[2] = isTrue(attributes, "pprof.location.is_folded") ? 1 : 0;
      k[i] = to.locations.intern(row, length);
    }
    return k[i];
  }

  private int line(ProtoReader in, int at) {
    if (at + ProfileSymbols.LINE > row.length) {
      row = Arrays.copyOf(row, row.length * 2);
    }
    Arrays.fill(row, at, at + ProfileSymbols.LINE, 0);
    int outer = in.enter();
    while (in.next()) {
      if (in.tag() == 1 << 3) {
        row[at] = function(in.readVarint());
      } else if (in.wireType() == ProtoReader.VARINT && in.field() <= 3) {
        row[at + in.field() - 1] = in.readVarint();
      } else {
        in.skip();
      }
    }
    in.leave(outer);
    return at + ProfileSymbols.LINE;
  }

  /** Returns the tree node for a stack. */
  int stack(long index) {
    if (index == 0) {
      return 0;
    }
    int i = check(ProfileTable.STACK, index);
    int[] k = known[ProfileTable.STACK.ordinal()];
    if (k[i] == NONE) {
      ProtoReader in = entry(ProfileTable.STACK, i);
      int[] frames = new int[64];
      int n = 0;
      while (in.next()) {
        if (in.field() != 1) {
          in.skip();
          continue;
        }
        for (int o = in.beginRepeated(ProtoReader.VARINT); in.moreRepeated(o); ) {
          if (n == frames.length) {
            frames = Arrays.copyOf(frames, n * 2);
          }
          frames[n++] = location(in.readVarint());
        }
      }
      int node = 0;
      while (n > 0) {
        node = to.nodes.intern(node, frames[--n]);
      }
      k[i] = node;
    }
    return k[i];
  }

  Set set() {
    return new Set();
  }

  /** Adds an attribute to a set. */
  void attribute(long index, Set set) {
    ProtoReader in = entry(ProfileTable.ATTRIBUTE, check(ProfileTable.ATTRIBUTE, index));
    String key = "";
    int unit = 0;
    int from = NONE;
    int length = 0;
    while (in.next()) {
      switch (in.tag()) {
        case 1 << 3 -> key = text(in.readVarint());
        case 2 << 3 | LENGTH -> {
          length = in.readLength();
          from = in.position();
          in.position(from + length);
        }
        case 3 << 3 -> unit = (int) string(in.readVarint());
        default -> in.skip();
      }
    }
    if (from != NONE) {
      value(key, new ProtoReader().reset(message, from, length), unit, set, true);
    }
  }

  private void value(String key, ProtoReader in, int unit, Set set, boolean listed) {
    while (in.next()) {
      switch (in.tag()) {
        case 1 << 3 | LENGTH -> set.text(key, in.readString(), unit);
        case 2 << 3 -> set.add(key, ProfileSymbols.BOOLEAN, in.readBool() ? 1 : 0, unit);
        case 3 << 3 -> set.add(key, ProfileSymbols.NUMBER, in.readLong(), unit);
        case 4 << 3 | ProtoReader.FIXED64 -> set.text(key, Double.toString(in.readDouble()), unit);
        case 5 << 3 | LENGTH -> {
          int outer = in.enter();
          while (in.next()) {
            if (listed && in.tag() == (1 << 3 | LENGTH)) {
              int inner = in.enter();
              value(key, in, unit, set, false);
              in.leave(inner);
            } else {
              in.skip();
            }
          }
          in.leave(outer);
        }
        case 7 << 3 | LENGTH -> set.text(key, HexFormat.of().formatHex(in.readBytes()), unit);
        default -> in.skip();
      }
    }
  }

  /** Adds the ids of a link to a set. */
  void link(long index, Set set) {
    ProtoReader in = entry(ProfileTable.LINK, check(ProfileTable.LINK, index));
    Map<String, String> ids = new TreeMap<>();
    while (in.next()) {
      switch (in.tag()) {
        case 1 << 3 | LENGTH -> ids.put("trace_id", HexFormat.of().formatHex(in.readBytes()));
        case 2 << 3 | LENGTH ->
            ids.put(StackMerge.SPAN_ID, HexFormat.of().formatHex(in.readBytes()));
        default -> in.skip();
      }
    }
    ids.forEach((k, v) -> set.text(k, v, 0));
  }
}

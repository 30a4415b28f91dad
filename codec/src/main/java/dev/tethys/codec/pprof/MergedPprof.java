package dev.tethys.codec.pprof;

import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.profiles.ProfileLabels;
import dev.tethys.model.profiles.ProfileMerge;
import dev.tethys.model.profiles.ProfileSymbols;
import dev.tethys.model.profiles.Tuples;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Writes a merged profile as a message {@code perftools.profiles.Profile}. Source:
 * proto/profile.proto of google/pprof. IDs are symbol indexes; location IDs are one higher, since
 * location 0 is a frame without information.
 */
public final class MergedPprof {
  private static final String PREFIX = "pprof.profile.";

  private final ProfileMerge merge;
  private final ProfileLabels.Type type;
  private final ProfileSymbols symbols;
  private final ProtoWriter p = new ProtoWriter(1 << 14);
  private final boolean[] mappings;
  private final boolean[] functions;
  private final boolean[] locations;

  private MergedPprof(ProfileMerge merge, ProfileLabels.Type type) {
    this.merge = merge;
    this.type = type;
    symbols = merge.symbols();
    mappings = new boolean[symbols.mappings().count()];
    functions = new boolean[symbols.functions().count()];
    locations = new boolean[symbols.locations().count()];
  }

  /** The message, not compressed. */
  public static byte[] write(ProfileMerge merge, ProfileLabels.Type type) {
    return new MergedPprof(merge, type).message();
  }

  /** The message in gzip, as files of pprof have it. */
  public static byte[] gzip(ProfileMerge merge, ProfileLabels.Type type) {
    byte[] message = write(merge, type);
    return Compression.GZIP.compress(message, 0, message.length, 6);
  }

  private final Strings strings = new Strings();

  /** String table: strings of the symbols, then others. */
  private final class Strings {
    private final Map<String, Integer> more = new LinkedHashMap<>();

    int of(String text) {
      if (text.isEmpty()) {
        return 0;
      }
      return more.computeIfAbsent(text, _ -> symbols.stringCount() + more.size());
    }
  }

  private byte[] message() {
    valueType(1, type.sampleType(), type.sampleUnit());
    Tuples samples = merge.samples();
    int[] stack = new int[64];
    for (int i = 0; i < samples.count(); i++) {
      int n = 0;
      for (int node = (int) samples.get(i, 0);
          node != 0;
          node = (int) symbols.nodes().get(node, 0)) {
        if (n == stack.length) {
          stack = Arrays.copyOf(stack, n * 2);
        }
        stack[n++] = (int) symbols.nodes().get(node, 1);
      }
      sample(stack, n, (int) samples.get(i, 1), merge.value(i));
    }
    locations();
    mappings();
    functions();
    int meta = merge.meta();
    p.int64Unless0(7, strings.of(symbols.text(meta, PREFIX + "drop_frames")));
    p.int64Unless0(8, strings.of(symbols.text(meta, PREFIX + "keep_frames")));
    p.int64Unless0(9, merge.time()).int64Unless0(10, merge.duration());
    if (!type.periodType().isEmpty() || !type.periodUnit().isEmpty()) {
      valueType(11, type.periodType(), type.periodUnit());
    }
    p.int64Unless0(12, merge.period());
    if (!merge.comments().isEmpty()) {
      int m = p.begin(13);
      merge.comments().forEach(c -> p.varint(strings.of(c)));
      p.end(m);
    }
    p.int64Unless0(15, strings.of(symbols.text(meta, PREFIX + "doc_url")));
    for (int i = 0; i < symbols.stringCount(); i++) {
      p.string(6, symbols.string(i));
    }
    strings.more.keySet().forEach(s -> p.string(6, s));
    return p.toByteArray();
  }

  private void valueType(int field, String ofType, String unit) {
    int m = p.begin(field);
    p.int64Unless0(1, strings.of(ofType)).int64Unless0(2, strings.of(unit));
    p.end(m);
  }

  private void sample(int[] stack, int frames, int set, long value) {
    int m = p.begin(2);
    if (frames > 0) {
      int packed = p.begin(1);
      for (int i = 0; i < frames; i++) {
        p.varint(stack[i] + 1L);
        locations[stack[i]] = true;
      }
      p.end(packed);
    }
    int packed = p.begin(2);
    p.varint(value);
    p.end(packed);
    for (int i = 0; i < symbols.attributes(set); i++) {
      long kind = symbols.attribute(set, i, 1);
      int label = p.begin(3);
      p.int64(1, symbols.attribute(set, i, 0));
      p.int64Unless0(kind == ProfileSymbols.TEXT ? 2 : 3, symbols.attribute(set, i, 2));
      p.int64Unless0(4, symbols.attribute(set, i, 3));
      p.end(label);
    }
    p.end(m);
  }

  private void locations() {
    Tuples l = symbols.locations();
    for (int i = 0; i < locations.length; i++) {
      if (!locations[i]) {
        continue;
      }
      int m = p.begin(4);
      p.int64(1, i + 1L);
      int mapping = (int) l.get(i, 0);
      mappings[mapping] = true;
      p.int64Unless0(2, mapping).int64Unless0(3, l.get(i, 1));
      for (int line = 0; line < symbols.lines(i); line++) {
        int at = ProfileSymbols.LOCATION_HEAD + line * ProfileSymbols.LINE;
        int function = (int) l.get(i, at);
        functions[function] = true;
        int begun = p.begin(4);
        p.int64Unless0(1, function).int64Unless0(2, l.get(i, at + 1));
        p.int64Unless0(3, l.get(i, at + 2));
        p.end(begun);
      }
      p.int64Unless0(5, l.get(i, 2));
      p.end(m);
    }
  }

  private void mappings() {
    Tuples t = symbols.mappings();
    for (int i = 1; i < mappings.length; i++) {
      if (mappings[i]) {
        int m = p.begin(3);
        p.int64(1, i);
        for (int c = 0; c < 5; c++) {
          p.int64Unless0(2 + c, t.get(i, c));
        }
        for (int f = 0; f < 4; f++) {
          p.int64Unless0(7 + f, t.get(i, 5) >> f & 1);
        }
        p.end(m);
      }
    }
  }

  private void functions() {
    Tuples t = symbols.functions();
    for (int i = 1; i < functions.length; i++) {
      if (functions[i]) {
        int m = p.begin(5);
        p.int64(1, i);
        for (int c = 0; c < 4; c++) {
          p.int64Unless0(2 + c, t.get(i, c));
        }
        p.end(m);
      }
    }
  }
}

package dev.tethys.pipeline.operators;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Sources of an entry's trace id and span id, in hexadecimal digits. */
record TraceSetting(Field traceId, Field spanId, Field flags) {
  /** Keys of this setting, inline in an operator or in a separate block. */
  static final class Keys {
    private final Key<Field> trace;
    private final Key<Field> span;
    private final Key<Field> flags;

    Keys(Section s) {
      trace =
          s.key(
              "trace_id",
              place("trace_id"),
              Field.parse("body.trace_id"),
              "Field with the trace ID.");
      span =
          s.key(
              "span_id", place("span_id"), Field.parse("body.span_id"), "Field with the span ID.");
      flags =
          s.key(
              "trace_flags",
              place("trace_flags"),
              Field.parse("body.trace_flags"),
              "Field with the trace flags.");
    }

    private static Type<Field> place(String name) {
      Section s = new Section(name, "Field that contains the value.");
      Key<Field> from =
          s.key(
              "parse_from",
              Field.TYPE,
              Field.parse("body." + name),
              "Field that contains the value.");
      return s.type(o -> o.get(from));
    }

    TraceSetting read(YamlObject o) {
      return new TraceSetting(o.get(trace), o.get(span), o.get(flags));
    }
  }

  /** The block {@code trace} of parsers. */
  static final Type<TraceSetting> TYPE;

  static {
    Section s = new Section("trace", "Trace context of the entry.");
    TYPE = s.type(new Keys(s)::read);
  }

  void apply(Entry e) throws OperatorException {
    byte[] t = hex(traceId, e, 16);
    if (t != null) {
      e.record().setTraceId(number(t, 0), number(t, 8));
    }
    byte[] s = hex(spanId, e, 8);
    if (s != null) {
      e.record().setSpanId(number(s, 0));
    }
    byte[] f = hex(flags, e, 1);
    if (f != null) {
      e.record().setFlags(f[0] & 0xff);
    }
  }

  private static long number(byte[] b, int at) {
    long v = 0;
    for (int i = 0; i < 8; i++) {
      v = v << 8 | b[at + i] & 0xff;
    }
    return v;
  }

  private static byte @Nullable [] hex(Field from, Entry e, int length) throws OperatorException {
    Object v = from.get(e);
    if (v == Field.NOTHING) {
      return null;
    }
    if (v instanceof String s && s.length() == 2 * length) {
      try {
        return HexFormat.of().parseHex(s);
      } catch (IllegalArgumentException x) {
        // said below
      }
    }
    throw new OperatorException(from + " is not " + 2 * length + " hexadecimal digits");
  }
}

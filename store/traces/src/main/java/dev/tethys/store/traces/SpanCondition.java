package dev.tethys.store.traces;

import dev.tethys.model.storage.StorageException;
import dev.tethys.model.storage.StorageException.Reason;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanValue;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.util.ArrayList;
import java.util.List;

/**
 * Filter of a deletion as bytes.
 *
 * <pre>
 * 1 byte version 1, filter
 * filter:  1 byte kind, then AND 0, OR 1: uvarint operands, each a filter; NOT 2: filter; PRESENT 3: field;
 *          COMPARE 4: field, 1 byte operator, value; MATCHES 5: field, pattern
 * field:   1 byte scope, name
 * value:   1 byte kind: 0 text: string; 1 integer, 2 real: 8 bytes; 3 boolean: 1 byte
 * </pre>
 *
 * Names, patterns and strings: uvarint length, UTF-8. Scopes and operators are numbered in the
 * order of their enumerations.
 */
final class SpanCondition {
  private static final int VERSION = 1;
  private static final int MAX_DEPTH = 100;

  private SpanCondition() {}

  static byte[] encode(SpanFilter filter) {
    ByteSink out = new ByteSink();
    out.putByte(VERSION);
    write(filter, 0, out);
    return out.toArray();
  }

  private static void write(SpanFilter filter, int depth, ByteSink out) {
    if (depth > MAX_DEPTH) {
      throw new StorageException(
          Reason.INVALID, "condition of a deletion is nested deeper than " + MAX_DEPTH);
    }
    switch (filter) {
      case SpanFilter.And a -> operands(0, a.operands(), depth, out);
      case SpanFilter.Or o -> operands(1, o.operands(), depth, out);
      case SpanFilter.Not n -> operands(2, List.of(n.operand()), depth, out);
      case SpanFilter.Present p -> {
        out.putByte(3);
        field(p.field(), out);
      }
      case SpanFilter.Compare c -> {
        out.putByte(4);
        field(c.field(), out);
        out.putByte(c.operator().ordinal());
        value(c.value(), out);
      }
      case SpanFilter.Matches m -> {
        out.putByte(5);
        field(m.field(), out);
        out.putString(m.pattern());
      }
      case SpanFilter.OfTraces t ->
          throw new StorageException(
              Reason.INVALID, "condition of a deletion is a set of traces; compare trace:id");
    }
  }

  private static void operands(int kind, List<SpanFilter> all, int depth, ByteSink out) {
    out.putByte(kind);
    if (kind != 2) {
      out.uvarint(all.size());
    }
    all.forEach(f -> write(f, depth + 1, out));
  }

  private static void field(SpanField f, ByteSink out) {
    out.putByte(f.scope().ordinal());
    out.putString(f.name());
  }

  private static void value(SpanValue value, ByteSink out) {
    switch (value) {
      case SpanValue.Text t -> {
        out.putByte(0);
        out.putString(t.value());
      }
      case SpanValue.Int n -> {
        out.putByte(1);
        out.putLong(n.value());
      }
      case SpanValue.Real d -> {
        out.putByte(2);
        out.putLong(Double.doubleToRawLongBits(d.value()));
      }
      case SpanValue.Bool b -> {
        out.putByte(3);
        out.putByte(b.value() ? 1 : 0);
      }
    }
  }

  static SpanFilter decode(byte[] bytes) {
    ByteSource in = new ByteSource(bytes);
    int version = in.getByte();
    if (version != VERSION) {
      throw new CorruptionException("condition of a deletion has version " + version);
    }
    return read(in, 0);
  }

  private static SpanFilter read(ByteSource in, int depth) {
    int kind = in.getByte();
    if (depth > MAX_DEPTH) {
      throw new CorruptionException("condition of a deletion is nested too deeply");
    }
    return switch (kind) {
      case 0 -> new SpanFilter.And(list(in, depth));
      case 1 -> new SpanFilter.Or(list(in, depth));
      case 2 -> new SpanFilter.Not(read(in, depth + 1));
      case 3 -> new SpanFilter.Present(field(in));
      case 4 -> {
        SpanField f = field(in);
        SpanFilter.Operator op = of(SpanFilter.Operator.values(), in.getByte());
        yield new SpanFilter.Compare(f, op, value(in));
      }
      case 5 -> {
        SpanField f = field(in);
        yield new SpanFilter.Matches(f, in.string());
      }
      default -> throw new CorruptionException("condition of a deletion has kind " + kind);
    };
  }

  private static List<SpanFilter> list(ByteSource in, int depth) {
    List<SpanFilter> out = new ArrayList<>();
    for (int n = in.count(); n > 0; n--) {
      out.add(read(in, depth + 1));
    }
    return out;
  }

  private static <T> T of(T[] values, int ordinal) {
    if (ordinal >= values.length) {
      throw new CorruptionException("condition of a deletion has number " + ordinal);
    }
    return values[ordinal];
  }

  private static SpanField field(ByteSource in) {
    SpanField.Scope scope = of(SpanField.Scope.values(), in.getByte());
    return new SpanField(scope, in.string());
  }

  private static SpanValue value(ByteSource in) {
    int kind = in.getByte();
    return switch (kind) {
      case 0 -> new SpanValue.Text(in.string());
      case 1 -> new SpanValue.Int(in.getLong());
      case 2 -> new SpanValue.Real(Double.longBitsToDouble(in.getLong()));
      case 3 -> new SpanValue.Bool(in.getByte() != 0);
      default ->
          throw new CorruptionException("condition of a deletion has a value of kind " + kind);
    };
  }
}

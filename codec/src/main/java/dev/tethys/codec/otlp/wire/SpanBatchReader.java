package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.telemetry.EntityRef;
import dev.tethys.model.telemetry.Utf8;
import dev.tethys.model.traces.AttributeRows;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.model.traces.SpanColumn;
import dev.tethys.model.traces.SpanRest;
import dev.tethys.model.traces.Texts;
import dev.tethys.model.traces.ValueBytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads requests with traces into the columns of a {@link SpanBatch}, without a tree. Keeps the
 * same fields as {@link OtlpReader#traces}. Requests that did not pass {@link OtlpCheck} may end in
 * a {@link dev.tethys.codec.CodecException}; the batch is then to be cleared. Meant for reuse by
 * one thread.
 */
public final class SpanBatchReader {
  private static final int LENGTH = ProtoReader.LENGTH;
  private static final int VARINT = ProtoReader.VARINT;
  private static final int FIXED32 = ProtoReader.FIXED32;
  private static final int FIXED64 = ProtoReader.FIXED64;

  private final NameCache names = new NameCache();
  private final SpanRest rest = new SpanRest();
  private FieldReader f = new FieldReader(names, new byte[0], 0, 0);
  private ProtoReader r = f.r;
  private SpanBatch to = new SpanBatch();
  private Texts texts = to.texts;

  // of the most recently read attribute
  private int type;
  private long bits;

  /** Adds the spans of a request to a batch. */
  public void read(byte[] buf, int offset, int length, SpanBatch batch) {
    to = batch;
    texts = batch.texts;
    f = new FieldReader(names, buf, offset, length);
    r = f.r;
    while (r.next()) {
      if (r.tag() == (1 << 3 | LENGTH)) {
        int outer = r.enter();
        resourceGroup();
        r.leave(outer);
      } else {
        r.skip();
      }
    }
  }

  private int text() {
    int n = r.readLength();
    int p = r.position();
    r.position(p + n);
    return n == 0 ? 0 : texts.add(r.buffer(), p, n);
  }

  private String string() {
    return texts.get(text());
  }

  /** Appends the current unknown field to those before it. */
  private byte[] unknown(byte @Nullable [] had) {
    int from = r.fieldStart();
    r.skip();
    int n = r.position() - from;
    byte[] all = had == null ? new byte[n] : Arrays.copyOf(had, had.length + n);
    System.arraycopy(r.buffer(), from, all, all.length - n, n);
    return all;
  }

  // ---- groups; their fields may have any order, so a first pass reads everything except the items

  private void resourceGroup() {
    int begin = r.position();
    int dropped = 0;
    String schema = "";
    byte[] groupUnknown = null;
    byte[] unknown = null;
    List<EntityRef> entities = new ArrayList<>(0);
    boolean hasScopes = false;
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> {
          int outer = r.enter();
          while (r.next()) {
            switch (r.tag()) {
              case 1 << 3 | LENGTH -> attribute(to.resources);
              case 2 << 3 | VARINT -> dropped = r.readInt();
              case 3 << 3 | LENGTH -> {
                int inner = r.enter();
                entities.add(OtlpReader.entityRef(f));
                r.leave(inner);
              }
              default -> unknown = unknown(unknown);
            }
          }
          r.leave(outer);
        }
        case 2 << 3 | LENGTH -> {
          hasScopes = true;
          r.skip();
        }
        case 3 << 3 | LENGTH -> schema = string();
        default -> groupUnknown = unknown(groupUnknown);
      }
    }
    if (!hasScopes) {
      to.resources.drop();
      return;
    }
    rest.begin().number(dropped).text(schema).sized(groupUnknown).number(entities.size());
    for (EntityRef e : entities) {
      rest.text(e.schemaUrl())
          .text(e.type())
          .list(e.idKeys())
          .list(e.descriptionKeys())
          .sized(e.unknownFields());
    }
    int resource = to.endResource(rest.end(unknown, texts));
    r.position(begin);
    while (r.next()) {
      if (r.tag() == (2 << 3 | LENGTH)) {
        int outer = r.enter();
        scopeGroup(resource);
        r.leave(outer);
      } else {
        r.skip();
      }
    }
  }

  private void scopeGroup(int resource) {
    int begin = r.position();
    int dropped = 0;
    int name = 0;
    int version = 0;
    String schema = "";
    byte[] groupUnknown = null;
    byte[] unknown = null;
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> {
          int outer = r.enter();
          while (r.next()) {
            switch (r.tag()) {
              case 1 << 3 | LENGTH -> name = text();
              case 2 << 3 | LENGTH -> version = text();
              case 3 << 3 | LENGTH -> attribute(to.scopes);
              case 4 << 3 | VARINT -> dropped = r.readInt();
              default -> unknown = unknown(unknown);
            }
          }
          r.leave(outer);
        }
        case 2 << 3 | LENGTH -> r.skip();
        case 3 << 3 | LENGTH -> schema = string();
        default -> groupUnknown = unknown(groupUnknown);
      }
    }
    rest.begin().number(dropped).text(schema).sized(groupUnknown);
    int scope = to.endScope(resource, name, version, rest.end(unknown, texts));
    r.position(begin);
    while (r.next()) {
      if (r.tag() == (2 << 3 | LENGTH)) {
        int outer = r.enter();
        span(scope);
        r.leave(outer);
      } else {
        r.skip();
      }
    }
  }

  // ---- spans

  private void span(int scope) {
    SpanBatch b = to;
    b.ensureSpan();
    int n = b.spans;
    b.traceHigh[n] = 0;
    b.traceLow[n] = 0;
    b.spanId[n] = 0;
    b.parentId[n] = 0;
    b.start[n] = 0;
    b.end[n] = 0;
    b.name[n] = 0;
    b.kind[n] = 0;
    b.status[n] = 0;
    b.message[n] = 0;
    b.traceState[n] = 0;
    b.scope[n] = scope;
    int flags = 0;
    int droppedAttributes = 0;
    int droppedEvents = 0;
    int droppedLinks = 0;
    byte[] unknown = null;
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> {
          int id = f.traceId();
          b.traceHigh[n] = f.high(id);
          b.traceLow[n] = f.low(id);
        }
        case 2 << 3 | LENGTH -> b.spanId[n] = f.spanId();
        case 3 << 3 | LENGTH -> b.traceState[n] = text();
        case 4 << 3 | LENGTH -> b.parentId[n] = f.spanId();
        case 5 << 3 | LENGTH -> b.name[n] = text();
        case 6 << 3 | VARINT -> b.kind[n] = r.readInt();
        case 7 << 3 | FIXED64 -> b.start[n] = r.readFixed64();
        case 8 << 3 | FIXED64 -> b.end[n] = r.readFixed64();
        case 9 << 3 | LENGTH -> attribute(b.attributes);
        case 10 << 3 | VARINT -> droppedAttributes = r.readInt();
        case 11 << 3 | LENGTH -> {
          int outer = r.enter();
          event();
          r.leave(outer);
        }
        case 12 << 3 | VARINT -> droppedEvents = r.readInt();
        case 13 << 3 | LENGTH -> {
          int outer = r.enter();
          link();
          r.leave(outer);
        }
        case 14 << 3 | VARINT -> droppedLinks = r.readInt();
        case 15 << 3 | LENGTH -> {
          int outer = r.enter();
          status(n);
          r.leave(outer);
        }
        case 16 << 3 | FIXED32 -> flags = r.readFixed32();
        default -> unknown = unknown(unknown);
      }
    }
    b.rest[n] =
        (flags | droppedAttributes | droppedEvents | droppedLinks) == 0 && unknown == null
            ? 0
            : rest.begin()
                .number(flags)
                .number(droppedAttributes)
                .number(droppedEvents)
                .number(droppedLinks)
                .end(unknown, texts);
    b.endSpan();
  }

  private void status(int span) {
    while (r.next()) {
      switch (r.tag()) {
        case 2 << 3 | LENGTH -> to.message[span] = text();
        case 3 << 3 | VARINT -> to.status[span] = r.readInt();
        default -> r.skip();
      }
    }
  }

  private void event() {
    long time = 0;
    int name = 0;
    int dropped = 0;
    byte[] unknown = null;
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | FIXED64 -> time = r.readFixed64();
        case 2 << 3 | LENGTH -> name = text();
        case 3 << 3 | LENGTH -> attribute(to.eventAttributes);
        case 4 << 3 | VARINT -> dropped = r.readInt();
        default -> unknown = unknown(unknown);
      }
    }
    to.endEvent(time, name, rest.begin().number(dropped).end(unknown, texts));
  }

  private void link() {
    long high = 0;
    long low = 0;
    long span = 0;
    int state = 0;
    int dropped = 0;
    int flags = 0;
    byte[] unknown = null;
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> {
          int id = f.traceId();
          high = f.high(id);
          low = f.low(id);
        }
        case 2 << 3 | LENGTH -> span = f.spanId();
        case 3 << 3 | LENGTH -> state = text();
        case 4 << 3 | LENGTH -> attribute(to.linkAttributes);
        case 5 << 3 | VARINT -> dropped = r.readInt();
        case 6 << 3 | FIXED32 -> flags = r.readFixed32();
        default -> unknown = unknown(unknown);
      }
    }
    to.endLink(
        high, low, span, state, rest.begin().number(flags).number(dropped).end(unknown, texts));
  }

  // ---- attributes

  /** Adds the KeyValue that the reader is at. */
  private void attribute(AttributeRows rows) {
    int start = r.fieldStart();
    int outer = r.enter();
    int key = 0;
    type = SpanColumn.ABSENT;
    boolean again = false; // a second value would be merged with the first
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> key = text();
        case 2 << 3 | LENGTH -> {
          again |= type != SpanColumn.ABSENT;
          int inner = r.enter();
          again |= !value();
          r.leave(inner);
        }
        default -> r.skip();
      }
    }
    r.leave(outer);
    if (again || type == SpanColumn.ABSENT) {
      int end = r.position();
      r.position(start);
      r.next();
      other(f.attributeValue());
      r.position(end);
    }
    rows.add(key, type, bits);
  }

  /** Reads the AnyValue that was entered; returns false if it is not one scalar. */
  private boolean value() {
    boolean scalar = true;
    while (r.next()) {
      scalar &= type == SpanColumn.ABSENT;
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> {
          type = SpanColumn.STRING;
          bits = text();
        }
        case 2 << 3 | VARINT -> {
          type = SpanColumn.BOOL;
          bits = r.readBool() ? 1 : 0;
        }
        case 3 << 3 | VARINT -> {
          type = SpanColumn.INT;
          bits = r.readLong();
        }
        case 4 << 3 | FIXED64 -> {
          type = SpanColumn.DOUBLE;
          bits = r.readFixed64();
        }
        default -> {
          scalar = false;
          r.skip();
        }
      }
    }
    return scalar;
  }

  /** Accepts a value that was read as a tree. */
  private void other(@Nullable Object value) {
    switch (value) {
      case Utf8 u -> {
        type = SpanColumn.STRING;
        bits = texts.add(u.buffer(), u.offset(), u.length());
      }
      case String s -> {
        type = SpanColumn.STRING;
        bits = texts.add(s);
      }
      case Boolean b -> {
        type = SpanColumn.BOOL;
        bits = b ? 1 : 0;
      }
      case Long n -> {
        type = SpanColumn.INT;
        bits = n;
      }
      case Double d -> {
        type = SpanColumn.DOUBLE;
        bits = Double.doubleToRawLongBits(d);
      }
      case null, default -> {
        byte[] b = ValueBytes.encode(value);
        type = SpanColumn.OTHER;
        bits = texts.add(b, 0, b.length);
      }
    }
  }
}

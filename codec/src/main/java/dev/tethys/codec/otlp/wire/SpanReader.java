package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.SpanLink;

/** Reads spans. */
final class SpanReader implements OtlpReader.ItemReader<Span> {
  private static final int LENGTH = ProtoReader.LENGTH;
  private static final int VARINT = ProtoReader.VARINT;
  private static final int FIXED32 = ProtoReader.FIXED32;
  private static final int FIXED64 = ProtoReader.FIXED64;

  private final FieldReader f;

  SpanReader(FieldReader f) {
    this.f = f;
  }

  @Override
  public Span read() {
    ProtoReader r = f.r;
    Span span = new Span();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> {
          int id = f.traceId();
          span.setTraceId(f.high(id), f.low(id));
        }
        case 2 << 3 | LENGTH -> span.setSpanId(f.spanId());
        case 3 << 3 | LENGTH -> span.setTraceState(f.name());
        case 4 << 3 | LENGTH -> span.setParentSpanId(f.spanId());
        case 5 << 3 | LENGTH -> span.setName(f.name());
        case 6 << 3 | VARINT -> span.setKind(r.readInt());
        case 7 << 3 | FIXED64 -> span.setStartTimeUnixNano(r.readFixed64());
        case 8 << 3 | FIXED64 -> span.setEndTimeUnixNano(r.readFixed64());
        case 9 << 3 | LENGTH -> f.attribute(span.attributes());
        case 10 << 3 | VARINT -> span.setDroppedAttributesCount(r.readInt());
        case 11 << 3 | LENGTH -> {
          int outer = r.enter();
          span.events().add(event());
          r.leave(outer);
        }
        case 12 << 3 | VARINT -> span.setDroppedEventsCount(r.readInt());
        case 13 << 3 | LENGTH -> {
          int outer = r.enter();
          span.links().add(link());
          r.leave(outer);
        }
        case 14 << 3 | VARINT -> span.setDroppedLinksCount(r.readInt());
        case 15 << 3 | LENGTH -> {
          int outer = r.enter();
          status(span);
          r.leave(outer);
        }
        case 16 << 3 | FIXED32 -> span.setFlags(r.readFixed32());
        default -> f.unknown(span);
      }
    }
    return span;
  }

  private void status(Span span) {
    ProtoReader r = f.r;
    while (r.next()) {
      switch (r.tag()) {
        case 2 << 3 | LENGTH -> span.setStatusMessage(f.name());
        case 3 << 3 | VARINT -> span.setStatusCode(r.readInt());
        default -> r.skip();
      }
    }
  }

  private SpanEvent event() {
    ProtoReader r = f.r;
    SpanEvent e = new SpanEvent();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | FIXED64 -> e.setTimeUnixNano(r.readFixed64());
        case 2 << 3 | LENGTH -> e.setName(f.name());
        case 3 << 3 | LENGTH -> f.attribute(e.attributes());
        case 4 << 3 | VARINT -> e.setDroppedAttributesCount(r.readInt());
        default -> f.unknown(e);
      }
    }
    return e;
  }

  private SpanLink link() {
    ProtoReader r = f.r;
    SpanLink l = new SpanLink();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> {
          int id = f.traceId();
          l.setTraceId(f.high(id), f.low(id));
        }
        case 2 << 3 | LENGTH -> l.setSpanId(f.spanId());
        case 3 << 3 | LENGTH -> l.setTraceState(f.name());
        case 4 << 3 | LENGTH -> f.attribute(l.attributes());
        case 5 << 3 | VARINT -> l.setDroppedAttributesCount(r.readInt());
        case 6 << 3 | FIXED32 -> l.setFlags(r.readFixed32());
        default -> f.unknown(l);
      }
    }
    return l;
  }
}

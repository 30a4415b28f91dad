package dev.tethys.codec.datadog;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.guard.RequestMemory;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;

/** Traces in protobuf as the values that MessagePack has for the same. */
final class TraceMessages {
  private static final int LENGTH = ProtoReader.LENGTH;

  private TraceMessages() {}

  /** Reads the {@code TracerPayload} at the reader's position. */
  static Attributes payload(ProtoReader r) {
    RequestMemory.chargeItem();
    Attributes p = new Attributes();
    Attributes tags = new Attributes();
    ArrayValue chunks = new ArrayValue();
    int outer = r.enter();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> p.put("container_id", r.readString());
        case 2 << 3 | LENGTH -> p.put("language_name", r.readString());
        case 3 << 3 | LENGTH -> p.put("language_version", r.readString());
        case 4 << 3 | LENGTH -> p.put("tracer_version", r.readString());
        case 6 << 3 | LENGTH -> chunks.add(chunk(r));
        case 7 << 3 | LENGTH -> entry(r, tags);
        case 8 << 3 | LENGTH -> p.put("env", r.readString());
        case 9 << 3 | LENGTH -> p.put("hostname", r.readString());
        case 10 << 3 | LENGTH -> p.put("app_version", r.readString());
        default -> r.skip();
      }
    }
    r.leave(outer);
    p.put("tags", tags);
    p.put("chunks", chunks);
    return p;
  }

  private static Attributes chunk(ProtoReader r) {
    RequestMemory.chargeItem();
    ArrayValue spans = new ArrayValue();
    int outer = r.enter();
    while (r.next()) {
      if (r.tag() == (3 << 3 | LENGTH)) {
        spans.add(span(r));
      } else {
        r.skip();
      }
    }
    r.leave(outer);
    Attributes c = new Attributes();
    c.put("spans", spans);
    return c;
  }

  private static Attributes span(ProtoReader r) {
    RequestMemory.charge(2L * RequestMemory.ITEM_BYTES); // its lists are made even when empty
    Attributes s = new Attributes();
    Attributes meta = new Attributes();
    Attributes metrics = new Attributes();
    ArrayValue links = new ArrayValue();
    int outer = r.enter();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> s.put("service", r.readString());
        case 2 << 3 | LENGTH -> s.put("name", r.readString());
        case 3 << 3 | LENGTH -> s.put("resource", r.readString());
        case 4 << 3 -> s.put("trace_id", r.readLong());
        case 5 << 3 -> s.put("span_id", r.readLong());
        case 6 << 3 -> s.put("parent_id", r.readLong());
        case 7 << 3 -> s.put("start", r.readLong());
        case 8 << 3 -> s.put("duration", r.readLong());
        case 9 << 3 -> s.put("error", r.readLong());
        case 10 << 3 | LENGTH -> entry(r, meta);
        case 11 << 3 | LENGTH -> entry(r, metrics);
        case 12 << 3 | LENGTH -> s.put("type", r.readString());
        case 14 << 3 | LENGTH -> links.add(link(r));
        default -> r.skip();
      }
    }
    r.leave(outer);
    s.put("meta", meta);
    s.put("metrics", metrics);
    s.put("span_links", links);
    return s;
  }

  private static Attributes link(ProtoReader r) {
    RequestMemory.chargeItem();
    Attributes l = new Attributes();
    Attributes attributes = new Attributes();
    int outer = r.enter();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 -> l.put("trace_id", r.readLong());
        case 2 << 3 -> l.put("trace_id_high", r.readLong());
        case 3 << 3 -> l.put("span_id", r.readLong());
        case 4 << 3 | LENGTH -> entry(r, attributes);
        case 5 << 3 | LENGTH -> l.put("tracestate", r.readString());
        case 6 << 3 -> l.put("flags", r.readLong());
        default -> r.skip();
      }
    }
    r.leave(outer);
    l.put("attributes", attributes);
    return l;
  }

  /** Reads an entry of a map from strings to strings or doubles. */
  private static void entry(ProtoReader r, Attributes to) {
    RequestMemory.charge(RequestMemory.VALUE_BYTES);
    String key = "";
    Object value = "";
    int outer = r.enter();
    while (r.next()) {
      switch (r.tag()) {
        case 1 << 3 | LENGTH -> key = r.readString();
        case 2 << 3 | LENGTH -> value = r.readString();
        case 2 << 3 | ProtoReader.FIXED64 -> value = r.readDouble();
        default -> r.skip();
      }
    }
    r.leave(outer);
    to.put(key, value);
  }
}

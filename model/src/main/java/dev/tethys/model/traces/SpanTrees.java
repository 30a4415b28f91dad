package dev.tethys.model.traces;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.EntityRef;
import dev.tethys.model.telemetry.Resource;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.SpanLink;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.telemetry.Utf8;
import java.util.LinkedHashMap;
import java.util.Map;

/** Conversion between spans as a tree and in columns. */
final class SpanTrees {
  private SpanTrees() {}

  // ---- to columns

  static void add(TracesData data, SpanBatch to) {
    SpanRest rest = new SpanRest();
    for (ResourceGroup<Span> group : data.resources()) {
      Resource r = group.resource();
      attributes(r.attributes(), to.resources, to.texts);
      int resource = to.endResource(rest(group, rest).end(r.unknownFields(), to.texts));
      for (ScopeGroup<Span> of : group.scopes()) {
        Scope s = of.scope();
        attributes(s.attributes(), to.scopes, to.texts);
        int scopeRest =
            rest.begin()
                .number(s.droppedAttributesCount())
                .text(of.schemaUrl())
                .sized(of.unknownFields())
                .end(s.unknownFields(), to.texts);
        int scope =
            to.endScope(resource, to.texts.add(s.name()), to.texts.add(s.version()), scopeRest);
        for (Span span : of.items()) {
          span(span, scope, rest, to);
        }
      }
    }
  }

  private static SpanRest rest(ResourceGroup<Span> group, SpanRest rest) {
    Resource r = group.resource();
    rest.begin()
        .number(r.droppedAttributesCount())
        .text(group.schemaUrl())
        .sized(group.unknownFields());
    rest.number(r.hasEntityRefs() ? r.entityRefs().size() : 0);
    if (r.hasEntityRefs()) {
      for (EntityRef e : r.entityRefs()) {
        rest.text(e.schemaUrl())
            .text(e.type())
            .list(e.idKeys())
            .list(e.descriptionKeys())
            .sized(e.unknownFields());
      }
    }
    return rest;
  }

  private static void span(Span s, int scope, SpanRest rest, SpanBatch to) {
    to.ensureSpan();
    int n = to.spans;
    to.traceHigh[n] = s.traceIdHigh();
    to.traceLow[n] = s.traceIdLow();
    to.spanId[n] = s.spanId();
    to.parentId[n] = s.parentSpanId();
    to.start[n] = s.startTimeUnixNano();
    to.end[n] = s.endTimeUnixNano();
    to.name[n] = to.texts.add(s.name());
    to.kind[n] = s.kind();
    to.status[n] = s.statusCode();
    to.message[n] = to.texts.add(s.statusMessage());
    to.traceState[n] = to.texts.add(s.traceState());
    to.scope[n] = scope;
    to.rest[n] =
        rest.begin()
            .number(s.flags())
            .number(s.droppedAttributesCount())
            .number(s.droppedEventsCount())
            .number(s.droppedLinksCount())
            .end(s.unknownFields(), to.texts);
    attributes(s.attributes(), to.attributes, to.texts);
    if (s.hasEvents()) {
      for (SpanEvent e : s.events()) {
        attributes(e.attributes(), to.eventAttributes, to.texts);
        int code = rest.begin().number(e.droppedAttributesCount()).end(e.unknownFields(), to.texts);
        to.endEvent(e.timeUnixNano(), to.texts.add(e.name()), code);
      }
    }
    if (s.hasLinks()) {
      for (SpanLink l : s.links()) {
        attributes(l.attributes(), to.linkAttributes, to.texts);
        int code =
            rest.begin()
                .number(l.flags())
                .number(l.droppedAttributesCount())
                .end(l.unknownFields(), to.texts);
        to.endLink(l.traceIdHigh(), l.traceIdLow(), l.spanId(), to.texts.add(l.traceState()), code);
      }
    }
    to.endSpan();
  }

  private static void attributes(Attributes from, AttributeRows to, Texts texts) {
    for (int i = 0; i < from.size(); i++) {
      int key = texts.add(from.key(i));
      switch (from.raw(i)) {
        case String s -> to.add(key, SpanColumn.STRING, texts.add(s));
        case Utf8 u ->
            to.add(key, SpanColumn.STRING, texts.add(u.buffer(), u.offset(), u.length()));
        case Long v -> to.add(key, SpanColumn.INT, v);
        case Double v -> to.add(key, SpanColumn.DOUBLE, Double.doubleToRawLongBits(v));
        case Boolean v -> to.add(key, SpanColumn.BOOL, v ? 1 : 0);
        case null, default -> {
          byte[] b = ValueBytes.encode(from.value(i));
          to.add(key, SpanColumn.OTHER, texts.add(b, 0, b.length));
        }
      }
    }
  }

  // ---- to a tree

  static TracesData tree(SpanBatch from) {
    Map<Integer, ResourceGroup<Span>> resources = new LinkedHashMap<>();
    Map<Integer, ScopeGroup<Span>> scopes = new LinkedHashMap<>();
    TracesData out = new TracesData();
    for (int s = 0; s < from.spans; s++) {
      ScopeGroup<Span> scope = scopes.get(from.scope[s]);
      if (scope == null) {
        int r = from.resource(s);
        ResourceGroup<Span> resource = resources.get(r);
        if (resource == null) {
          resource = resource(from, r);
          resources.put(r, resource);
          out.resources().add(resource);
        }
        scope = scope(from, from.scope[s]);
        scopes.put(from.scope[s], scope);
        resource.scopes().add(scope);
      }
      scope.items().add(span(from, s));
    }
    return out;
  }

  private static ResourceGroup<Span> resource(SpanBatch from, int row) {
    ResourceGroup<Span> out = new ResourceGroup<>();
    Resource r = out.resource();
    SpanRest.Reader rest = new SpanRest.Reader(from.texts, from.resourceRest[row]);
    r.setDroppedAttributesCount(rest.number());
    out.setSchemaUrl(rest.text());
    out.setUnknownFields(rest.sized());
    for (int n = rest.number(); n > 0; n--) {
      EntityRef e = new EntityRef();
      e.setSchemaUrl(rest.text());
      e.setType(rest.text());
      e.idKeys().addAll(rest.list());
      e.descriptionKeys().addAll(rest.list());
      e.setUnknownFields(rest.sized());
      r.entityRefs().add(e);
    }
    r.setUnknownFields(rest.unknown());
    attributes(from, from.resources, row, r.attributes());
    return out;
  }

  private static ScopeGroup<Span> scope(SpanBatch from, int row) {
    ScopeGroup<Span> out = new ScopeGroup<>();
    Scope s = out.scope();
    s.setName(from.texts.get(from.scopeName[row]));
    s.setVersion(from.texts.get(from.scopeVersion[row]));
    SpanRest.Reader rest = new SpanRest.Reader(from.texts, from.scopeRest[row]);
    s.setDroppedAttributesCount(rest.number());
    out.setSchemaUrl(rest.text());
    out.setUnknownFields(rest.sized());
    s.setUnknownFields(rest.unknown());
    attributes(from, from.scopes, row, s.attributes());
    return out;
  }

  private static Span span(SpanBatch from, int n) {
    Span s = new Span();
    s.setTraceId(from.traceHigh[n], from.traceLow[n]);
    s.setSpanId(from.spanId[n]);
    s.setParentSpanId(from.parentId[n]);
    s.setStartTimeUnixNano(from.start[n]);
    s.setEndTimeUnixNano(from.end[n]);
    s.setName(from.texts.get(from.name[n]));
    s.setKind(from.kind[n]);
    s.setStatusCode(from.status[n]);
    s.setStatusMessage(from.texts.get(from.message[n]));
    s.setTraceState(from.texts.get(from.traceState[n]));
    SpanRest.Reader rest = new SpanRest.Reader(from.texts, from.rest[n]);
    s.setFlags(rest.number());
    s.setDroppedAttributesCount(rest.number());
    s.setDroppedEventsCount(rest.number());
    s.setDroppedLinksCount(rest.number());
    s.setUnknownFields(rest.unknown());
    attributes(from, from.attributes, n, s.attributes());
    for (int i = from.eventStarts[n]; i < from.eventStarts[n + 1]; i++) {
      SpanEvent e = new SpanEvent();
      e.setTimeUnixNano(from.eventTime[i]);
      e.setName(from.texts.get(from.eventName[i]));
      SpanRest.Reader eventRest = new SpanRest.Reader(from.texts, from.eventRest[i]);
      e.setDroppedAttributesCount(eventRest.number());
      e.setUnknownFields(eventRest.unknown());
      attributes(from, from.eventAttributes, i, e.attributes());
      s.events().add(e);
    }
    for (int i = from.linkStarts[n]; i < from.linkStarts[n + 1]; i++) {
      SpanLink l = new SpanLink();
      l.setTraceId(from.linkTraceHigh[i], from.linkTraceLow[i]);
      l.setSpanId(from.linkSpanId[i]);
      l.setTraceState(from.texts.get(from.linkState[i]));
      SpanRest.Reader linkRest = new SpanRest.Reader(from.texts, from.linkRest[i]);
      l.setFlags(linkRest.number());
      l.setDroppedAttributesCount(linkRest.number());
      l.setUnknownFields(linkRest.unknown());
      attributes(from, from.linkAttributes, i, l.attributes());
      s.links().add(l);
    }
    return s;
  }

  private static void attributes(SpanBatch from, AttributeRows rows, int row, Attributes to) {
    int shape = rows.shapes[row];
    int[] elements = from.shapes.elements();
    int value = rows.starts[row];
    for (int i = from.shapes.start(shape); i < from.shapes.end(shape); i++) {
      String key = from.texts.get(elements[i] >>> 3);
      long bits = rows.values[value++];
      switch (elements[i] & 7) {
        case SpanColumn.STRING -> to.add(key, from.texts.get((int) bits));
        case SpanColumn.INT -> to.add(key, bits);
        case SpanColumn.DOUBLE -> to.add(key, Double.longBitsToDouble(bits));
        case SpanColumn.BOOL -> to.add(key, bits != 0);
        default -> {
          int code = (int) bits;
          to.add(
              key,
              ValueBytes.decode(
                  from.texts.bytes(), from.texts.start(code), from.texts.length(code)));
        }
      }
    }
  }
}

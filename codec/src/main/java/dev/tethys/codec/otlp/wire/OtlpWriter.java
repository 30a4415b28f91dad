package dev.tethys.codec.otlp.wire;

import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.telemetry.EntityRef;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.Profile;
import dev.tethys.model.telemetry.ProfileDictionary;
import dev.tethys.model.telemetry.ProfilesData;
import dev.tethys.model.telemetry.Resource;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.SpanLink;
import dev.tethys.model.telemetry.Telemetry;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes the tree as the request that transports it. Text that was never decoded is copied
 * unchanged. Reusable; not for several threads concurrently.
 */
public final class OtlpWriter {
  /** A larger buffer is not kept for the next request. */
  static final int MAX_KEPT = 4 << 20;

  /**
   * Maximum items written to size a resource group; for a larger group, one item per part is
   * written.
   */
  static final int SIZED = 16;

  /** Sampling step for the size estimate of large groups: one item in this many is encoded. */
  private static final int SIZED_OF = 16;

  /** Fractional part of the golden ratio: multiples of it spread evenly. */
  private static final double GOLDEN = 0.6180339887498949;

  private ProtoWriter w = new ProtoWriter(1 << 12);
  private FieldWriter f = new FieldWriter(w);
  private PointWriter points = new PointWriter(w, f);
  private @Nullable ProfileMover mover;
  private double start; // of the items that are written for a size, from 0 to 1

  /** The request's bytes. */
  public byte[] write(Telemetry<?> data) {
    w.clear();
    ProfileDictionary all = data instanceof ProfilesData p ? dictionary(p) : null;
    mover = data instanceof ProfilesData && all == null ? new ProfileMover() : null;
    for (ResourceGroup<?> r : data.resources()) {
      resourceGroup(r);
    }
    if (mover != null) {
      mover.dictionary().write(w);
      mover = null;
    } else if (all != null) {
      w.bytes(2, all.message());
    }
    byte[] out = w.toByteArray();
    release();
    return out;
  }

  private void release() {
    if (w.buffer().length > MAX_KEPT) {
      w = new ProtoWriter(1 << 12);
      f = new FieldWriter(w);
      points = new PointWriter(w, f);
    }
  }

  /**
   * Returns the encoded size of each resource group, in request order. Exact for groups of at most
   * {@link #SIZED} items. For a larger group, the size is estimated from a uniform random sample of
   * its items, without bias. Profiles refer to one dictionary and are written whole; the size of
   * the request is divided by items.
   */
  public long[] sizes(Telemetry<?> data) {
    List<? extends ResourceGroup<?>> groups = data.resources();
    long[] out = new long[groups.size()];
    if (data instanceof ProfilesData) {
      long remaining = write(data).length;
      long items = data.itemCount();
      for (int i = 0; i < out.length; i++) {
        int n = groups.get(i).itemCount();
        out[i] = items == 0 ? 0 : Math.round((double) remaining * n / items);
        remaining -= out[i];
        items -= n;
      }
      return out;
    }
    for (int i = 0; i < out.length; i++) {
      out[i] = size(groups.get(i));
    }
    release();
    return out;
  }

  private long size(ResourceGroup<?> group) {
    w.clear();
    int items = 0;
    for (ScopeGroup<?> s : group.scopes()) {
      items += s.items().size();
    }
    if (items <= SIZED) {
      resourceGroup(group);
      return w.size();
    }
    resource(group.resource());
    w.stringUnlessEmpty(3, group.schemaUrl());
    f.unknown(group);
    long size = w.size();
    int written = Math.max(SIZED, items / SIZED_OF);
    double step = (double) items / written;
    start = (start + GOLDEN) % 1;
    int n = 0; // those that are chosen so far
    int before = 0; // items of scopes before
    for (ScopeGroup<?> s : group.scopes()) {
      w.clear();
      scope(s);
      scopeTail(s);
      long head = w.size();
      int of = s.items().size();
      while (n < written) {
        int at = (int) ((start + n) * step) - before;
        if (at >= of) {
          break;
        }
        item(s.items().get(at));
        n++;
      }
      before += of;
      long scope = head + Math.round((w.size() - head) * step);
      size += 1 + ProtoWriter.varintSize(scope) + scope;
    }
    return 1 + ProtoWriter.varintSize(size) + size;
  }

  /** The only dictionary, if all profiles refer to the same; otherwise null. */
  private static @Nullable ProfileDictionary dictionary(ProfilesData data) {
    ProfileDictionary one = null;
    int n = 0;
    for (ResourceGroup<Profile> r : data.resources()) {
      for (ScopeGroup<Profile> s : r.scopes()) {
        for (Profile p : s.items()) {
          if (one != null && one != p.dictionary()) {
            return null;
          }
          one = p.dictionary();
          n++;
        }
      }
    }
    return one != null && one.profiles() == n ? one : null;
  }

  private void resourceGroup(ResourceGroup<?> group) {
    int m = w.begin(1);
    resource(group.resource());
    for (ScopeGroup<?> s : group.scopes()) {
      scopeGroup(s);
    }
    w.stringUnlessEmpty(3, group.schemaUrl());
    f.unknown(group);
    w.end(m);
  }

  private void resource(Resource r) {
    int m = w.begin(1);
    f.attributes(1, r.attributes());
    f.uint32(2, r.droppedAttributesCount());
    if (r.hasEntityRefs()) {
      for (EntityRef e : r.entityRefs()) {
        int ref = w.begin(3);
        w.stringUnlessEmpty(1, e.schemaUrl());
        w.stringUnlessEmpty(2, e.type());
        e.idKeys().forEach(k -> w.string(3, k));
        e.descriptionKeys().forEach(k -> w.string(4, k));
        f.unknown(e);
        w.end(ref);
      }
    }
    f.unknown(r);
    f.endUnlessEmpty(m);
  }

  private void scopeGroup(ScopeGroup<?> group) {
    int m = w.begin(2);
    scope(group);
    for (Object item : group.items()) {
      item(item);
    }
    scopeTail(group);
    w.end(m);
  }

  private void scope(ScopeGroup<?> group) {
    Scope s = group.scope();
    int scope = w.begin(1);
    w.stringUnlessEmpty(1, s.name());
    w.stringUnlessEmpty(2, s.version());
    f.attributes(3, s.attributes());
    f.uint32(4, s.droppedAttributesCount());
    f.unknown(s);
    f.endUnlessEmpty(scope);
  }

  private void scopeTail(ScopeGroup<?> group) {
    w.stringUnlessEmpty(3, group.schemaUrl());
    f.unknown(group);
  }

  private void item(Object item) {
    int i = w.begin(2);
    switch (item) {
      case LogRecord log -> log(log);
      case Span span -> span(span);
      case Metric metric -> points.metric(metric);
      case Profile profile -> {
        if (mover == null) {
          w.raw(profile.buffer(), profile.offset(), profile.length());
        } else {
          mover.profile(profile, w);
        }
      }
      default -> throw new AssertionError(item);
    }
    w.end(i);
  }

  private void log(LogRecord log) {
    f.fixed64(1, log.timeUnixNano());
    w.int64Unless0(2, log.severityNumber());
    w.stringUnlessEmpty(3, log.severityText());
    if (log.rawBody() != null) {
      int body = w.begin(5);
      f.value(log.rawBody());
      w.end(body);
    }
    f.attributes(6, log.attributes());
    f.uint32(7, log.droppedAttributesCount());
    f.fixed32(8, log.flags());
    f.traceId(9, log.traceIdHigh(), log.traceIdLow());
    f.spanId(10, log.spanId());
    f.fixed64(11, log.observedTimeUnixNano());
    w.stringUnlessEmpty(12, log.eventName());
    f.unknown(log);
  }

  private void span(Span s) {
    f.traceId(1, s.traceIdHigh(), s.traceIdLow());
    f.spanId(2, s.spanId());
    w.stringUnlessEmpty(3, s.traceState());
    f.spanId(4, s.parentSpanId());
    w.stringUnlessEmpty(5, s.name());
    w.int64Unless0(6, s.kind());
    f.fixed64(7, s.startTimeUnixNano());
    f.fixed64(8, s.endTimeUnixNano());
    f.attributes(9, s.attributes());
    f.uint32(10, s.droppedAttributesCount());
    if (s.hasEvents()) {
      for (SpanEvent e : s.events()) {
        int m = w.begin(11);
        f.fixed64(1, e.timeUnixNano());
        w.stringUnlessEmpty(2, e.name());
        f.attributes(3, e.attributes());
        f.uint32(4, e.droppedAttributesCount());
        f.unknown(e);
        w.end(m);
      }
    }
    f.uint32(12, s.droppedEventsCount());
    if (s.hasLinks()) {
      for (SpanLink l : s.links()) {
        int m = w.begin(13);
        f.traceId(1, l.traceIdHigh(), l.traceIdLow());
        f.spanId(2, l.spanId());
        w.stringUnlessEmpty(3, l.traceState());
        f.attributes(4, l.attributes());
        f.uint32(5, l.droppedAttributesCount());
        f.fixed32(6, l.flags());
        f.unknown(l);
        w.end(m);
      }
    }
    f.uint32(14, s.droppedLinksCount());
    if (s.statusCode() != 0 || !s.statusMessage().isEmpty()) {
      int m = w.begin(15);
      w.stringUnlessEmpty(2, s.statusMessage());
      w.int64Unless0(3, s.statusCode());
      w.end(m);
    }
    f.fixed32(16, s.flags());
    f.unknown(s);
  }
}

package dev.tethys.store.traces.block;

import dev.tethys.model.traces.AttributeRows;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.model.traces.SpanColumn;
import dev.tethys.store.files.CorruptionException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Copies spans between batches. Codes, shapes, resources and scopes are translated once each. Not
 * thread-safe.
 */
public final class SpanCopier {
  /** Resources or scopes of a batch, by content. */
  public static final class Groups {
    private record Key(long[] fields) {
      @Override
      public boolean equals(Object o) {
        return o instanceof Key k && Arrays.equals(fields, k.fields);
      }

      @Override
      public int hashCode() {
        return Arrays.hashCode(fields);
      }
    }

    private final SpanBatch batch;
    private final Map<Key, Integer> resources = new HashMap<>();
    private final Map<Key, Integer> scopes = new HashMap<>();

    /**
     * @param batch target of the resources and scopes, empty at first
     */
    public Groups(SpanBatch batch) {
      this.batch = batch;
    }
  }

  private final SpanBatch from;
  private final Groups groups;
  private SpanBatch to;
  private int[] texts = {}; // code in the target + 1
  private int[] shapes = {};
  private int[] groupTexts; // the same in the batch of the groups
  private int[] groupShapes;
  private int[] resources;
  private int[] scopes;

  /**
   * @param groups receives scopes and resources: the batch of spans or another
   */
  public SpanCopier(SpanBatch from, SpanBatch to, Groups groups) {
    this.from = from;
    this.to = to;
    this.groups = groups;
    groupTexts = new int[0];
    groupShapes = new int[0];
    resources = new int[from.resources.rows];
    scopes = new int[from.scopes.rows];
    retarget(to);
  }

  /** Copies to another batch, which is empty, from now on; the batch of the groups stays. */
  @SuppressWarnings("ReferenceEquality") // the same batch, not an equal one
  public void retarget(SpanBatch target) {
    to = target;
    texts = new int[from.texts.count()];
    shapes = new int[from.shapes.count()];
    if (groups.batch == target) {
      groupTexts = texts;
      groupShapes = shapes;
    } else if (groupTexts.length == 0) {
      groupTexts = new int[texts.length];
      groupShapes = new int[shapes.length];
    }
  }

  /** Adds a span to the target. */
  public void copy(int span) {
    SpanBatch b = to;
    b.ensureSpan();
    int n = b.spans;
    b.traceHigh[n] = from.traceHigh[span];
    b.traceLow[n] = from.traceLow[span];
    b.spanId[n] = from.spanId[span];
    b.parentId[n] = from.parentId[span];
    b.start[n] = from.start[span];
    b.end[n] = from.end[span];
    b.kind[n] = from.kind[span];
    b.status[n] = from.status[span];
    b.name[n] = text(from.name[span]);
    b.message[n] = text(from.message[span]);
    b.traceState[n] = text(from.traceState[span]);
    b.rest[n] = text(from.rest[span]);
    b.scope[n] = scope(from.scope[span]);
    for (int e = from.eventStarts[span]; e < from.eventStarts[span + 1]; e++) {
      attributes(from.eventAttributes, e, b.eventAttributes);
      b.addEvent(from.eventTime[e], text(from.eventName[e]), text(from.eventRest[e]));
    }
    for (int l = from.linkStarts[span]; l < from.linkStarts[span + 1]; l++) {
      attributes(from.linkAttributes, l, b.linkAttributes);
      b.addLink(
          from.linkTraceHigh[l],
          from.linkTraceLow[l],
          from.linkSpanId[l],
          text(from.linkState[l]),
          text(from.linkRest[l]));
    }
    attributes(from.attributes, span, b.attributes);
    b.addSpan();
  }

  /** Adds all scopes in their order to a batch that has none. */
  void copyGroups() {
    for (int s = 0; s < from.scopes.rows; s++) {
      if (scope(s) != s) {
        throw new CorruptionException("scope " + s + " is listed twice");
      }
    }
  }

  private int text(int code) {
    if (code == 0) {
      return 0;
    }
    int known = texts[code];
    if (known == 0) {
      known = to.texts.add(from.texts.bytes(), from.texts.start(code), from.texts.length(code)) + 1;
      texts[code] = known;
    }
    return known - 1;
  }

  private void attributes(AttributeRows source, int row, AttributeRows target) {
    int shape = source.shapes[row];
    int length = from.shapes.length(shape);
    int at = target.reserve(length);
    long[] values = target.values;
    int[] elements = from.shapes.elements();
    int start = from.shapes.start(shape);
    int value = source.starts[row];
    for (int i = 0; i < length; i++) {
      long v = source.values[value + i];
      int type = elements[start + i] & 7;
      values[at + i] = type == SpanColumn.STRING || type == SpanColumn.OTHER ? text((int) v) : v;
    }
    target.endReserved(shape(shape), length);
  }

  private int shape(int shape) {
    if (shape == 0) {
      return 0;
    }
    int known = shapes[shape];
    if (known == 0) {
      int start = from.shapes.start(shape);
      int[] mapped = new int[from.shapes.length(shape)];
      for (int i = 0; i < mapped.length; i++) {
        int element = from.shapes.elements()[start + i];
        mapped[i] = text(element >>> 3) << 3 | element & 7;
      }
      known = to.shapes.add(mapped, 0, mapped.length) + 1;
      shapes[shape] = known;
    }
    return known - 1;
  }

  /** Scope of the target that a scope of the source is, with its resource. */
  private int scope(int scope) {
    int known = scopes[scope];
    if (known == 0) {
      SpanBatch b = groups.batch;
      SpanBatch spans = to;
      int[] spanTexts = texts;
      int[] spanShapes = shapes;
      to = b;
      texts = groupTexts;
      shapes = groupShapes;
      int resource = resource(from.scopeResource[scope]);
      int name = text(from.scopeName[scope]);
      int version = text(from.scopeVersion[scope]);
      int rest = text(from.scopeRest[scope]);
      Groups.Key key = key(from.scopes, scope, resource, name, version, rest);
      known =
          groups.scopes.computeIfAbsent(
                  key,
                  k -> {
                    attributes(from.scopes, scope, b.scopes);
                    return b.addScope(resource, name, version, rest);
                  })
              + 1;
      to = spans;
      texts = spanTexts;
      shapes = spanShapes;
      scopes[scope] = known;
    }
    return known - 1;
  }

  private int resource(int resource) {
    int known = resources[resource];
    if (known == 0) {
      SpanBatch b = groups.batch;
      int rest = text(from.resourceRest[resource]);
      known =
          groups.resources.computeIfAbsent(
                  key(from.resources, resource, rest),
                  k -> {
                    attributes(from.resources, resource, b.resources);
                    return b.addResource(rest);
                  })
              + 1;
      resources[resource] = known;
    }
    return known - 1;
  }

  private Groups.Key key(AttributeRows rows, int row, int... more) {
    int shape = rows.shapes[row];
    int length = from.shapes.length(shape);
    long[] out = new long[1 + length + more.length];
    out[0] = shape(shape);
    for (int i = 0; i < length; i++) {
      long v = rows.values[rows.starts[row] + i];
      int type = from.shapes.elements()[from.shapes.start(shape) + i] & 7;
      out[1 + i] = type == SpanColumn.STRING || type == SpanColumn.OTHER ? text((int) v) : v;
    }
    for (int i = 0; i < more.length; i++) {
      out[1 + length + i] = more[i];
    }
    return new Groups.Key(out);
  }
}

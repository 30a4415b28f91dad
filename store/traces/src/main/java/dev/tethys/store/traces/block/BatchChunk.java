package dev.tethys.store.traces.block;

import dev.tethys.model.traces.AttributeRows;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.model.traces.SpanColumn;
import dev.tethys.model.traces.SpanField;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/** Batch of spans as a chunk. */
public final class BatchChunk extends SpanChunk {
  private final SpanBatch batch;
  private final TextTable texts;
  private long @Nullable [] duration;

  /**
   * @param batch not changed afterwards
   */
  public BatchChunk(SpanBatch batch) {
    this.batch = batch;
    texts = TextTable.of(batch.texts);
  }

  @Override
  public int rows() {
    return batch.spans;
  }

  @Override
  public long[] start() {
    return batch.start;
  }

  @Override
  long[] duration() {
    long[] known = duration;
    if (known == null) {
      known = new long[batch.spans];
      for (int i = 0; i < known.length; i++) {
        known[i] = batch.duration(i);
      }
      duration = known;
    }
    return known;
  }

  @Override
  long[] traceHigh() {
    return batch.traceHigh;
  }

  @Override
  long[] traceLow() {
    return batch.traceLow;
  }

  @Override
  long[] spanId() {
    return batch.spanId;
  }

  @Override
  long[] parentId() {
    return batch.parentId;
  }

  @Override
  SpanBatch groups() {
    return batch;
  }

  @Override
  TextTable groupTexts() {
    return texts;
  }

  @Override
  int[] scope() {
    return batch.scope;
  }

  @Override
  int[] kind() {
    return batch.kind;
  }

  @Override
  int[] status() {
    return batch.status;
  }

  private Piece text(int[] codes, int n) {
    long[] bits = new long[n];
    for (int i = 0; i < n; i++) {
      bits[i] = codes[i];
    }
    return new Piece(SpanColumn.STRING, n, null, null, bits, texts);
  }

  @Override
  Piece name() {
    return text(batch.name, batch.spans);
  }

  @Override
  Piece message() {
    return text(batch.message, batch.spans);
  }

  @Override
  Piece traceState() {
    return text(batch.traceState, batch.spans);
  }

  @Override
  int[] eventStarts() {
    return batch.eventStarts;
  }

  @Override
  Piece eventName() {
    return text(batch.eventName, batch.events);
  }

  @Override
  long[] eventTime() {
    return batch.eventTime;
  }

  @Override
  int[] linkStarts() {
    return batch.linkStarts;
  }

  @Override
  long[] linkTraceHigh() {
    return batch.linkTraceHigh;
  }

  @Override
  long[] linkTraceLow() {
    return batch.linkTraceLow;
  }

  @Override
  long[] linkSpanId() {
    return batch.linkSpanId;
  }

  private AttributeRows of(Owner owner) {
    return switch (owner) {
      case SPAN -> batch.attributes;
      case EVENT -> batch.eventAttributes;
      case LINK -> batch.linkAttributes;
    };
  }

  @Override
  List<Piece> attributes(Owner owner, String key) {
    int code = batch.texts.find(key);
    if (code < 0) {
      return List.of();
    }
    AttributeRows of = of(owner);
    int[] places = new int[batch.shapes.count()];
    byte[] types = new byte[places.length];
    int[] counts = new int[8];
    for (int s = 0; s < places.length; s++) {
      places[s] = batch.shapes.indexOf(s, code);
      types[s] =
          places[s] < 0
              ? SpanColumn.ABSENT
              : (byte) (batch.shapes.elements()[batch.shapes.start(s) + places[s]] & 7);
    }
    for (int r = 0; r < of.rows; r++) {
      counts[types[of.shapes[r]]]++;
    }
    List<Piece> out = new ArrayList<>();
    for (byte type = SpanColumn.STRING; type <= SpanColumn.OTHER; type++) {
      if (counts[type] == 0) {
        continue;
      }
      int[] rows = new int[counts[type]];
      long[] bits = new long[counts[type]];
      int n = 0;
      for (int r = 0; r < of.rows; r++) {
        int shape = of.shapes[r];
        if (types[shape] == type) {
          rows[n] = r;
          bits[n++] = of.values[of.starts[r] + places[shape]];
        }
      }
      boolean isText = type == SpanColumn.STRING || type == SpanColumn.OTHER;
      out.add(new Piece(type, n, rows, null, bits, isText ? texts : null));
    }
    return out;
  }

  @Override
  public void keys(SortedSet<SpanField> to) {
    keys(batch.attributes, SpanField.Scope.SPAN_ATTRIBUTE, to);
    keys(batch.eventAttributes, SpanField.Scope.EVENT_ATTRIBUTE, to);
    keys(batch.linkAttributes, SpanField.Scope.LINK_ATTRIBUTE, to);
    groupKeys(to);
  }

  private void keys(AttributeRows of, SpanField.Scope scope, SortedSet<SpanField> to) {
    boolean[] seen = new boolean[batch.shapes.count()];
    for (int r = 0; r < of.rows; r++) {
      seen[of.shapes[r]] = true;
    }
    for (int s = 0; s < seen.length; s++) {
      if (seen[s]) {
        shapeKeys(batch, s, scope, to);
      }
    }
  }

  @Override
  public void copyTrace(
      long high,
      long low,
      long from,
      long to,
      long @Nullable [] hidden,
      SpanBatch target,
      SpanCopier.Groups groups) {
    SpanCopier copier = null;
    for (int r = 0; r < batch.spans; r++) {
      if (batch.traceLow[r] == low
          && batch.traceHigh[r] == high
          && batch.start[r] >= from
          && batch.start[r] < to
          && (hidden == null || (hidden[r >>> 6] >>> r & 1) == 0)) {
        if (copier == null) {
          copier = new SpanCopier(batch, target, groups);
        }
        copier.copy(r);
      }
    }
  }

  /** Mask of all rows of a chunk. */
  static long[] all(int rows) {
    long[] mask = new long[rows + 63 >>> 6];
    Arrays.fill(mask, -1L);
    if ((rows & 63) != 0) {
      mask[mask.length - 1] = (1L << rows) - 1;
    }
    return mask;
  }
}

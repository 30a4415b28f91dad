package dev.tethys.store.traces.block;

import dev.tethys.model.traces.AttributeRows;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.model.traces.SpanColumn;
import dev.tethys.store.files.CorruptionException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Range of rows of a block as a batch; other rows have no strings and no attributes in it. Not
 * thread-safe.
 */
final class BlockRows {
  private final SpanBlock block;
  private final SpanBatch out = new SpanBatch();
  private final int rows;
  private final int first;
  private final int end;

  BlockRows(SpanBlock block, int first, int end) {
    this.block = block;
    this.first = first;
    this.end = end;
    rows = block.rows();
  }

  /** The rows by their numbers, with the scopes and resources of the part. */
  SpanBatch batch() {
    SpanBatch b = out;
    new SpanCopier(block.groups(), b, new SpanCopier.Groups(b)).copyGroups();
    b.spans = rows;
    b.traceHigh = block.traceHigh();
    b.traceLow = block.traceLow();
    b.spanId = block.spanId();
    b.parentId = block.parentId();
    b.start = block.start();
    b.end = block.end();
    b.kind = block.kind();
    b.status = block.status();
    b.scope = block.scope();
    b.eventStarts = block.eventStarts();
    b.linkStarts = block.linkStarts();
    b.name = codes(block.name(), first, end);
    b.message = codes(block.message(), first, end);
    b.traceState = codes(block.traceState(), first, end);
    b.rest = codes(block.text(BlockSection.RESTS, rows), first, end);
    int events = b.eventStarts[first];
    int eventsEnd = b.eventStarts[end];
    int links = b.linkStarts[first];
    int linksEnd = b.linkStarts[end];
    b.events = block.events();
    b.eventTime = block.eventTime();
    b.eventName = codes(block.eventName(), events, eventsEnd);
    b.eventRest = codes(block.text(BlockSection.EVENT_RESTS, b.events), events, eventsEnd);
    b.links = block.links();
    b.linkTraceHigh = block.linkTraceHigh();
    b.linkTraceLow = block.linkTraceLow();
    b.linkSpanId = block.linkSpanId();
    b.linkState = codes(block.text(BlockSection.LINK_STATES, b.links), links, linksEnd);
    b.linkRest = codes(block.text(BlockSection.LINK_RESTS, b.links), links, linksEnd);
    attributes(new int[] {first, events, links}, new int[] {end, eventsEnd, linksEnd});
    return b;
  }

  private int[] codes(Piece p, int from, int to) {
    int[] result = new int[Math.max(1, p.count())];
    TextTable texts = p.texts();
    int[] known = new int[texts == null ? 0 : texts.count()];
    for (int i = from; i < to && texts != null; i++) {
      result[i] = code(texts, (int) p.bits()[i], known);
    }
    return result;
  }

  /** Code of the batch for a string. */
  private int code(TextTable texts, int code, int[] known) {
    if (known[code] == 0) {
      known[code] = out.texts.add(texts.bytes, texts.starts[code], texts.length(code)) + 1;
    }
    return known[code] - 1;
  }

  private void attributes(int[] firsts, int[] ends) {
    BlockShapes list = block.shapes();
    int columns = list.types.length;
    @Nullable Piece[] values = new Piece[columns];
    int[][] known = new int[columns][];
    int[] at = new int[columns];
    AttributeRows[] owners = {out.attributes, out.eventAttributes, out.linkAttributes};
    for (int o = 0; o < owners.length; o++) {
      AttributeRows to = owners[o];
      to.clear();
      int[] shapes = new int[list.count(o)];
      Arrays.fill(shapes, -1);
      int[] rowShapes = block.shapesOf(o);
      pass(list, o, rowShapes, 0, firsts[o], at);
      to.endEmpty(firsts[o]);
      for (int row = firsts[o]; row < ends[o]; row++) {
        int s = rowShapes[row];
        int start = list.starts[o][s];
        int length = list.starts[o][s + 1] - start;
        if (shapes[s] < 0) {
          shapes[s] = shape(list, o, start, length);
        }
        int place = to.reserve(length);
        for (int i = 0; i < length; i++) {
          int c = list.elementColumns[o][start + i];
          Piece p = values[c];
          if (p == null) {
            p = block.columnValues(c);
            values[c] = p;
            TextTable texts = p.texts();
            known[c] = new int[texts == null ? 0 : texts.count()];
          }
          if (at[c] >= p.count()) {
            throw new CorruptionException("column " + c + " has fewer values than rows refer to");
          }
          long bits = p.bits()[at[c]++];
          TextTable texts = p.texts();
          to.values[place + i] = texts == null ? bits : code(texts, (int) bits, known[c]);
        }
        to.endReserved(shapes[s], length);
      }
      pass(list, o, rowShapes, ends[o], rowShapes.length, at);
      to.endEmpty(rowShapes.length - ends[o]);
    }
  }

  /** Moves the places in columns over the values of rows, which are counted by shape first. */
  private static void pass(BlockShapes list, int owner, int[] shapes, int from, int to, int[] at) {
    int[] counts = new int[list.count(owner)];
    for (int row = from; row < to; row++) {
      counts[shapes[row]]++;
    }
    int[] starts = list.starts[owner];
    for (int s = 0; s < counts.length; s++) {
      for (int e = starts[s]; e < starts[s + 1] && counts[s] > 0; e++) {
        at[list.elementColumns[owner][e]] += counts[s];
      }
    }
  }

  private int shape(BlockShapes list, int owner, int start, int length) {
    int[] elements = new int[length];
    for (int i = 0; i < length; i++) {
      int type = list.types[list.elementColumns[owner][start + i]];
      if (type == SpanColumn.ABSENT) {
        throw new CorruptionException("shape has a value without a type");
      }
      elements[i] = out.texts.add(list.keys[list.elementKeys[owner][start + i]]) << 3 | type;
    }
    return out.shapes.add(elements, 0, length);
  }
}

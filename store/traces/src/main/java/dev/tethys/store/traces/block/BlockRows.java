package dev.tethys.store.traces.block;

import dev.tethys.model.traces.AttributeRows;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.model.traces.SpanColumn;
import dev.tethys.store.files.DamageException;

/** Rows of a block as a batch. Not safe for several threads. */
final class BlockRows {
  private final SpanBlock block;
  private final SpanBatch out = new SpanBatch();
  private final int rows;

  BlockRows(SpanBlock block) {
    this.block = block;
    rows = block.rows();
  }

  /** All rows, with the scopes and resources of the part. */
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
    b.name = codes(block.name());
    b.message = codes(block.message());
    b.traceState = codes(block.traceState());
    b.rest = codes(block.text(BlockSection.RESTS, rows));
    b.eventStarts = block.eventStarts();
    b.events = block.events();
    b.eventTime = block.eventTime();
    b.eventName = codes(block.eventName());
    b.eventRest = codes(block.text(BlockSection.EVENT_RESTS, b.events));
    b.linkStarts = block.linkStarts();
    b.links = block.links();
    b.linkTraceHigh = block.linkTraceHigh();
    b.linkTraceLow = block.linkTraceLow();
    b.linkSpanId = block.linkSpanId();
    b.linkState = codes(block.text(BlockSection.LINK_STATES, b.links));
    b.linkRest = codes(block.text(BlockSection.LINK_RESTS, b.links));
    attributes();
    return b;
  }

  private int[] codes(Piece p) {
    long[] codes = codesOf(p);
    int[] result = new int[Math.max(1, codes.length)];
    for (int i = 0; i < codes.length; i++) {
      result[i] = (int) codes[i];
    }
    return result;
  }

  /** Codes of the batch for the strings of a piece. */
  private long[] codesOf(Piece p) {
    TextTable texts = p.texts();
    if (texts == null) {
      return p.bits();
    }
    int[] known = new int[texts.count()];
    long[] result = new long[p.count()];
    for (int i = 0; i < result.length; i++) {
      int code = (int) p.bits()[i];
      if (known[code] == 0) {
        known[code] = out.texts.add(texts.bytes, texts.starts[code], texts.length(code)) + 1;
      }
      result[i] = known[code] - 1L;
    }
    return result;
  }

  private void attributes() {
    long[][] values = new long[block.columns()][];
    for (int c = 0; c < values.length; c++) {
      values[c] = codesOf(block.columnValues(c));
    }
    int[] at = new int[values.length];
    AttributeRows[] owners = {out.attributes, out.eventAttributes, out.linkAttributes};
    for (int o = 0; o < owners.length; o++) {
      AttributeRows to = owners[o];
      to.clear();
      int[] shapes = new int[block.shapeCount(o)];
      for (int s = 0; s < shapes.length; s++) {
        int start = block.shapeStart(o, s);
        int[] elements = new int[block.shapeStart(o, s + 1) - start];
        for (int i = 0; i < elements.length; i++) {
          int type = block.columnType(block.elementColumn(o, start + i));
          if (type == SpanColumn.ABSENT) {
            throw new DamageException("shape has a value without a type");
          }
          elements[i] = out.texts.add(block.elementKey(o, start + i)) << 3 | type;
        }
        shapes[s] = out.shapes.add(elements, 0, elements.length);
      }
      for (int s : block.shapesOf(o)) {
        int start = block.shapeStart(o, s);
        int length = block.shapeStart(o, s + 1) - start;
        int first = to.reserve(length);
        for (int i = 0; i < length; i++) {
          int c = block.elementColumn(o, start + i);
          if (at[c] == values[c].length) {
            throw new DamageException("column " + c + " has fewer values than rows refer to");
          }
          to.values[first + i] = values[c][at[c]++];
        }
        to.endReserved(shapes[s], length);
      }
    }
  }
}

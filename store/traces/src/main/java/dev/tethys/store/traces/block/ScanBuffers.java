package dev.tethys.store.traces.block;

import dev.tethys.model.traces.SpanColumn;
import dev.tethys.model.traces.SpanNeeds;
import dev.tethys.model.traces.SpanRows;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Arrays of a scan, which are used again by later scans: a query scans some dozens of blocks, and
 * their arrays would fill the young generation several times. Safe not thread-safe.
 */
final class ScanBuffers {
  private static final int MAX_FREE = 8;
  private static final int MAX_KEPT = 1 << 15; // elements of an array
  private static final ArrayDeque<ScanBuffers> FREE = new ArrayDeque<>();

  private int[] selected = {};
  private final SpanRows rows = new SpanRows();
  private final List<SpanColumn> columns = new ArrayList<>();

  private ScanBuffers() {}

  static ScanBuffers take() {
    ScanBuffers kept;
    synchronized (FREE) {
      kept = FREE.pollLast();
    }
    return kept == null ? new ScanBuffers() : kept;
  }

  /** Returns the arrays to the pool; no references to them remain. */
  void release() {
    rows.ids = null;
    for (SpanColumn c : columns) {
      c.strings = new String[0]; // results by code may refer to the strings of a scan
      if (c.types.length > MAX_KEPT || length(c.offsets) > MAX_KEPT) {
        c.types = new byte[0];
        c.bits = new long[0];
        c.offsets = null;
      }
    }
    if (selected.length > MAX_KEPT) {
      selected = new int[0];
    }
    synchronized (FREE) {
      if (FREE.size() < MAX_FREE) {
        FREE.addLast(this);
      }
    }
  }

  private static int length(int @Nullable [] a) {
    return a == null ? 0 : a.length;
  }

  /** Numbers of rows, for a number of them. */
  int[] selected(int n) {
    if (selected.length < n) {
      selected = new int[n];
    }
    return selected;
  }

  /** Rows with the arrays that a consumer needs. */
  SpanRows rows(SpanNeeds needs, int size) {
    if (needs.traces()) {
      rows.traceHigh = room(rows.traceHigh, size);
      rows.traceLow = room(rows.traceLow, size);
    }
    if (needs.spans()) {
      rows.spanId = room(rows.spanId, size);
      rows.parentId = room(rows.parentId, size);
    }
    if (needs.start()) {
      rows.start = room(rows.start, size);
    }
    if (needs.duration()) {
      rows.duration = room(rows.duration, size);
    }
    int fields = needs.fields().size();
    while (columns.size() < fields) {
      columns.add(new SpanColumn());
    }
    if (rows.columns.length != fields) {
      rows.columns = columns.subList(0, fields).toArray(new SpanColumn[0]);
    }
    return rows;
  }

  private static long[] room(long[] a, int n) {
    return a.length < n ? new long[n] : a;
  }
}

package dev.tethys.query.logql.pipeline;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.query.promql.QueryException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Log entry on its way through a pipeline: its line and its labels, as slices of bytes. Reused for
 * all rows of a thread.
 *
 * <p>Labels are of three categories. A name occurs once: metadata that the stream has as a label,
 * and extracted values that the stream or the metadata has, get the suffix {@code _extracted}.
 */
public final class Row {
  /** Stream label. */
  public static final byte STREAM = 0;

  /** Structured metadata. */
  public static final byte METADATA = 1;

  /** Label set by the pipeline. */
  public static final byte PARSED = 2;

  private static final byte REMOVED = -1;
  private static final byte[] EMPTY = {};

  private final NameTable names;

  /** Unix time in nanoseconds. */
  public long time;

  /** Buffer of the line; must not be changed. */
  public byte[] line = EMPTY;

  /** First byte of the line. */
  public int lineFrom;

  /** End of the line. */
  public int lineTo;

  /** Number of the values of which the line consists; -1 if it is a line. */
  public int ranges = -1;

  private int size;
  private int[] name = new int[32];
  private byte[] category = new byte[32];
  private boolean[] extracted = new boolean[32];
  private byte[][] buffer = new byte[32][];
  private int[] from = new int[32];
  private int[] length = new int[32];

  // by name: its slot, valid in the row of the stamp
  private int[] slot = new int[64];
  private int[] stamp = new int[64];
  private int[] base = new int[64]; // stamp of the row whose stream or metadata has the name
  private int row = 1;

  /** Maximum number of bytes that stages may produce from one row. */
  private static final long MAX_BYTES = 16 << 20;

  /**
   * Maximum number of bytes that stages may produce from all rows of a query, in addition to the
   * {@link #free} ones of each row: a format that pads values or repeats labels costs the same for
   * each line.
   */
  static final long MAX_QUERY_BYTES = 64 << 20;

  private static final int FREE_BYTES = 16 << 10;

  /** Length of the line from which a row has more free bytes, times this. */
  private static final int FREE_FACTOR = 4;

  /** Larger arenas are not kept for the next row. */
  private static final int KEPT_ARENA = 1 << 20;

  private byte[] arena = new byte[1024];
  private int arenaSize;
  private long reserved; // of this row, in this and earlier arenas
  private long made; // of this row, with what functions of templates made
  private long free = FREE_BYTES; // of this row
  private final AtomicLong madeOfQuery;

  /** Creates a row with label names from a table and its own limit of bytes created by stages. */
  public Row(NameTable names) {
    this(names, new AtomicLong());
  }

  /**
   * Creates a row with label names from a table.
   *
   * @param madeOfQuery bytes that stages have made in all threads of the query beyond the free ones
   */
  public Row(NameTable names, AtomicLong madeOfQuery) {
    this.names = names;
    this.madeOfQuery = madeOfQuery;
  }

  /** Returns the label names. */
  public NameTable names() {
    return names;
  }

  /** Removes all labels. */
  public void clear() {
    size = 0;
    row++;
    arenaSize = 0;
    reserved = 0;
    made = 0;
    if (arena.length > KEPT_ARENA) {
      arena = new byte[KEPT_ARENA];
    }
    if (row == Integer.MAX_VALUE) {
      Arrays.fill(stamp, 0);
      Arrays.fill(base, 0);
      row = 1;
    }
  }

  /** Sets the line. */
  public void line(byte[] bytes, int start, int end) {
    line = bytes;
    lineFrom = start;
    lineTo = end;
    if (made == 0) { // the line of the store
      free = FREE_BYTES + (long) FREE_FACTOR * (end - start);
    }
  }

  // ---- labels

  private void room(int id) {
    if (id >= slot.length) {
      int n = Math.max(id + 1, 2 * slot.length);
      slot = Arrays.copyOf(slot, n);
      stamp = Arrays.copyOf(stamp, n);
      base = Arrays.copyOf(base, n);
    }
  }

  /** Returns the slot of a label; -1 if the row has none with that name. */
  public int find(int id) {
    return id < stamp.length && stamp[id] == row ? slot[id] : -1;
  }

  /** True if the stream or the metadata had the label when the row came. */
  public boolean isBase(int id) {
    return id < base.length && base[id] == row;
  }

  /** Adds a label of the stream. */
  public void addStream(int id, byte[] bytes, int start, int count) {
    put(STREAM, id, bytes, start, count);
    base[id] = row;
  }

  /** Adds structured metadata, under another name if the stream has the label. */
  public void addMetadata(int id, byte[] bytes, int start, int count) {
    int n = isBase(id) && find(id) >= 0 && category[find(id)] == STREAM ? names.duplicate(id) : id;
    put(METADATA, n, bytes, start, count);
    base[n] = row;
  }

  /** True if a parser has extracted the name from this row. */
  boolean isExtracted(int id) {
    int s = find(id);
    return s >= 0 && extracted[s];
  }

  /** Adds a label that a parser found. */
  void addExtracted(int id, byte[] bytes, int start, int count) {
    put(PARSED, id, bytes, start, count);
    extracted[find(id)] = true;
  }

  /** Sets a label in a category. */
  void put(byte kind, int id, byte[] bytes, int start, int count) {
    room(id);
    int s;
    if (stamp[id] == row) {
      s = slot[id];
    } else {
      s = size++;
      if (s == name.length) {
        grow();
      }
      slot[id] = s;
      stamp[id] = row;
      name[s] = id;
      extracted[s] = false;
    }
    category[s] = kind;
    buffer[s] = bytes;
    from[s] = start;
    length[s] = count;
  }

  private void grow() {
    int n = 2 * name.length;
    name = Arrays.copyOf(name, n);
    category = Arrays.copyOf(category, n);
    extracted = Arrays.copyOf(extracted, n);
    buffer = Arrays.copyOf(buffer, n);
    from = Arrays.copyOf(from, n);
    length = Arrays.copyOf(length, n);
  }

  /** Removes a label. */
  void remove(int id) {
    int s = find(id);
    if (s >= 0) {
      category[s] = REMOVED;
      stamp[id] = 0;
    }
  }

  /** Returns the number of slots, including removed labels. */
  public int slots() {
    return size;
  }

  /** Whether a slot contains a label. */
  public boolean holds(int s) {
    return category[s] != REMOVED;
  }

  /** Returns the name of the label in a slot. */
  public int nameAt(int s) {
    return name[s];
  }

  /** Returns the category of the label in a slot. */
  public byte categoryAt(int s) {
    return category[s];
  }

  /** Returns the buffer of the value in a slot. */
  public byte[] bufferAt(int s) {
    return buffer[s];
  }

  /** Returns the first byte of the value in a slot. */
  public int fromAt(int s) {
    return from[s];
  }

  /** Bytes of the value in a slot. */
  public int lengthAt(int s) {
    return length[s];
  }

  /** Returns the value in a slot as text. */
  String textAt(int s) {
    return new String(buffer[s], from[s], length[s], StandardCharsets.UTF_8);
  }

  /** Returns the value of a label as text; empty if the row has none with that name. */
  public String text(int id) {
    int s = find(id);
    return s < 0 ? "" : textAt(s);
  }

  /** Returns the line as text. */
  public String lineText() {
    return new String(line, lineFrom, lineTo - lineFrom, StandardCharsets.UTF_8);
  }

  // ---- errors

  /** True if a stage failed. */
  public boolean hasError() {
    return find(NameTable.ERROR) >= 0;
  }

  /** Marks the row as one on which a stage failed; details may be empty. */
  void fail(PipelineError error, String details) {
    byte[] kind = error.utf8();
    put(PARSED, NameTable.ERROR, kind, 0, kind.length);
    if (!details.isEmpty()) {
      byte[] d = details.getBytes(StandardCharsets.UTF_8);
      put(PARSED, NameTable.ERROR_DETAILS, d, 0, d.length);
    }
  }

  // ---- memory of a row

  /**
   * Returns the offset in {@link #arena} of free space for the given number of bytes; {@link #used}
   * allocates it.
   *
   * @throws QueryException if the stages write more than {@link #MAX_BYTES} for a row
   */
  int reserve(long bytes) {
    made(bytes);
    reserved += bytes;
    if (reserved > MAX_BYTES) {
      throw new QueryException(
          QueryException.Kind.LIMIT,
          "the stages of the query make more than "
              + MAX_BYTES
              + " bytes of one log line; let line_format and label_format repeat labels less");
    }
    if (arena.length - arenaSize < bytes) {
      // values in the old arena keep it
      arena = new byte[Math.max(2 * arena.length, 2 * (int) bytes)];
      arenaSize = 0;
    }
    return arenaSize;
  }

  /**
   * Counts bytes that a stage creates.
   *
   * @throws QueryException if the stages produce too much data from the rows of a query
   */
  void made(long bytes) {
    made += bytes;
    long beyond = Math.min(bytes, made - free);
    if (beyond > 0 && madeOfQuery.addAndGet(beyond) > MAX_QUERY_BYTES) {
      throw new QueryException(
          QueryException.Kind.LIMIT,
          "the stages of the query make more than "
              + MAX_QUERY_BYTES
              + " bytes beyond "
              + FREE_BYTES
              + " of each log line; let line_format and label_format pad and repeat less, or select"
              + " fewer lines");
    }
  }

  /** Returns the memory for values that are not part of the line. */
  byte[] arena() {
    return arena;
  }

  /** Sets the number of used bytes of the arena. */
  void used(int end) {
    arenaSize = end;
  }

  // ---- results

  /** Labels of one category, or all of them. */
  public Labels labels(int kind) {
    LabelsBuilder b = new LabelsBuilder();
    for (int s = 0; s < size; s++) {
      if (category[s] != REMOVED && (kind < 0 || category[s] == kind)) {
        byte[] n = names.utf8(name[s]);
        if (n.length > 0) {
          b.show(names.name(name[s]), textAt(s));
        }
      }
    }
    return b.build();
  }

  /** Returns the labels of all categories. */
  public Labels allLabels() {
    return labels(-1);
  }
}

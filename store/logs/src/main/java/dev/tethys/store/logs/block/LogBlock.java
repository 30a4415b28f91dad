package dev.tethys.store.logs.block;

import dev.tethys.model.Matcher;
import dev.tethys.model.logs.LogRowBatch;
import dev.tethys.store.events.SectionReader;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.DamageException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads a block of {@link LogBlockWriter}. The header and what is asked for is decoded, each once.
 * Rows are numbered in the order of the block. Safe for one thread.
 */
public final class LogBlock {
  /** Rows of one stream in a block. */
  public record StreamRows(int stream, int rows, long bytes, long firstTime, long lastTime) {}

  private final SectionReader sections;
  private final ColumnReader.WordSource words;
  private final int rows;
  private final long firstTime;
  private final long lastTime;
  private final long bytes;
  private final StreamRows[] streams;
  private final byte[][] names;
  private final int[] nameRows;

  private byte @Nullable [] templateBytes;
  private int[] textStarts = {};
  private int[] firstRows = {};
  private ColumnReader.@Nullable Cursor cursor; // behind the columns that are open
  private int @Nullable [] positions;
  private ColumnReader[] arguments = {}; // of the template that was read last
  private int argumentsOf = -1;
  private int[] argumentCounts = {};
  private ColumnReader[] metadata = {};
  private int[][] ranks = {}; // value of each row in a metadata column, -1 without one
  private int[] presenceStarts = {};
  private long @Nullable [] times;
  private int @Nullable [] bodyLengths;
  private int @Nullable [] rowStreams;

  /**
   * Opens a block.
   *
   * @param words the words of the part
   * @throws DamageException if the header is damaged; so do the methods if what they need is
   */
  public static LogBlock open(MemorySegment block, WordList words) {
    return new LogBlock(block, words);
  }

  /**
   * @param words the words of the part
   * @throws DamageException if the header is damaged; so do the methods if what they need is
   */
  LogBlock(MemorySegment block, ColumnReader.WordSource words) {
    this.sections = new SectionReader(block);
    this.words = words;
    ByteSource in = sections.source(Section.HEADER);
    rows = in.count(SectionLimit.ROWS);
    firstTime = in.svarint();
    lastTime = firstTime + in.uvarint();
    bytes = in.uvarint();
    streams = new StreamRows[in.count(rows)];
    for (int i = 0; i < streams.length; i++) {
      int stream = (int) in.uvarint();
      int n = in.count(rows);
      long b = in.uvarint();
      long first = firstTime + in.uvarint();
      streams[i] = new StreamRows(stream, n, b, first, first + in.uvarint());
    }
    names = new byte[in.count(in.remaining())][];
    nameRows = new int[names.length];
    for (int i = 0; i < names.length; i++) {
      names[i] = in.sized();
      nameRows[i] = in.count(rows);
    }
  }

  public int rows() {
    return rows;
  }

  /** Unix time in nanoseconds of the oldest row. */
  public long firstTime() {
    return firstTime;
  }

  /** Unix time in nanoseconds of the newest row. */
  public long lastTime() {
    return lastTime;
  }

  /** Bytes of all bodies. */
  public long bytes() {
    return bytes;
  }

  /** Streams with rows in the block, ascending. */
  public List<StreamRows> streams() {
    return List.of(streams);
  }

  /** Names of metadata, UTF-8. */
  public List<byte[]> metadataNames() {
    return new ArrayList<>(Arrays.asList(names));
  }

  private byte[] templates() {
    byte[] known = templateBytes;
    if (known != null) {
      return known;
    }
    ByteSource in = sections.source(Section.TEMPLATES);
    int n = in.count(rows);
    textStarts = new int[n + 1];
    firstRows = new int[n + 1];
    for (int i = 0; i < n; i++) {
      textStarts[i + 1] = textStarts[i] + in.count(in.remaining());
      firstRows[i + 1] = firstRows[i] + in.count(rows);
    }
    if (in.remaining() != textStarts[n] || firstRows[n] != rows) {
      throw new DamageException("template table has wrong sums");
    }
    int at = in.pos;
    for (int i = 0; i <= n; i++) {
      textStarts[i] += at;
    }
    templateBytes = in.buf;
    return in.buf;
  }

  /** Number of templates. */
  public int templateCount() {
    templates();
    return firstRows.length - 1;
  }

  /** First row of a template; its rows end where those of the next one begin. */
  public int firstRow(int template) {
    templates();
    return firstRows[template];
  }

  /** Appends the text of a template, with {@code <_>} for each argument. */
  public void appendPattern(int template, ByteSink out) {
    Templates.appendPattern(templates(), textStarts[template], textStarts[template + 1], out);
  }

  /** Template of a row. */
  public int template(int row) {
    templates();
    int i = Arrays.binarySearch(firstRows, row);
    if (i < 0) {
      return -i - 2;
    }
    return i;
  }

  /** Time of each row, Unix nanoseconds. The array is shared. */
  public long[] times() {
    long[] known = times;
    if (known != null) {
      return known;
    }
    templates();
    byte[][] planes = new byte[8][];
    int used = 0;
    for (int k = 0; k < 8; k++) {
      if (sections.length(Section.TIMES + k) == rows) {
        planes[used++] = sections.get(Section.TIMES + k);
      } else if (sections.length(Section.TIMES + k) != 0) {
        throw new DamageException("times have a wrong length");
      }
    }
    long[] out = new long[rows];
    for (int k = 0; k < used; k++) {
      byte[] plane = planes[k];
      int shift = 8 * k;
      for (int i = 0; i < rows; i++) {
        out[i] |= (plane[i] & 0xffL) << shift;
      }
    }
    for (int t = 0; t + 1 < firstRows.length; t++) {
      long before = firstTime;
      for (int i = firstRows[t]; i < firstRows[t + 1]; i++) {
        before += out[i];
        out[i] = before;
      }
    }
    times = out;
    return out;
  }

  /** Index of each row's stream in {@link #streams}. The array is shared. */
  public int[] streamIndexes() {
    int[] known = rowStreams;
    if (known != null) {
      return known;
    }
    int[] out = new int[rows];
    if (streams.length > 1) {
      byte[] b = sections.get(Section.STREAMS);
      boolean two = streams.length > 256;
      if (sections.length(Section.STREAMS) != (two ? rows * 2 : rows)) {
        throw new DamageException("streams have a wrong length");
      }
      for (int i = 0; i < rows; i++) {
        int s = b[i] & 0xff | (two ? (b[rows + i] & 0xff) << 8 : 0);
        if (s >= streams.length) {
          throw new DamageException("row refers to a stream that the block does not have");
        }
        out[i] = s;
      }
    }
    rowStreams = out;
    return out;
  }

  /** Opens the columns of metadata, which come first. */
  private void openMetadata() {
    if (cursor != null) {
      return;
    }
    ColumnReader.Cursor c = new ColumnReader.Cursor(sections, words);
    ColumnReader[] all = new ColumnReader[names.length];
    int[] starts = new int[names.length];
    int presence = 0;
    for (int i = 0; i < names.length; i++) {
      starts[i] = presence;
      presence += nameRows[i] < rows ? (rows + 7) / 8 : 0;
      all[i] = new ColumnReader(c).open(nameRows[i]);
    }
    if (presence != sections.length(Section.PRESENCE)) {
      throw new DamageException("presence of metadata has a wrong length");
    }
    metadata = all;
    presenceStarts = starts;
    ranks = new int[names.length][];
    cursor = c;
  }

  /** Positions of the columns of each template, and behind the last one. */
  private int[] positions() {
    int[] known = positions;
    if (known != null) {
      return known;
    }
    openMetadata();
    ColumnReader.Cursor c = Objects.requireNonNull(cursor);
    byte[] b = templates();
    int n = firstRows.length - 1;
    int[] out = new int[(n + 1) * ColumnReader.Cursor.SAVED];
    int[] counts = new int[n];
    for (int t = 0; t < n; t++) {
      c.save(out, t * ColumnReader.Cursor.SAVED);
      int rowsOf = firstRows[t + 1] - firstRows[t];
      for (int p = textStarts[t]; p < textStarts[t + 1]; p++) {
        if (b[p] == Templates.ESCAPE) {
          p++;
        } else if (b[p] == Templates.ARGUMENT || b[p] == Templates.WORD_ARGUMENT) {
          ColumnReader.skip(c, rowsOf);
          counts[t]++;
        }
      }
    }
    c.save(out, n * ColumnReader.Cursor.SAVED);
    argumentCounts = counts;
    positions = out;
    return out;
  }

  /** Columns of the arguments of a template, as many as it has; until the next call. */
  private ColumnReader[] arguments(int template) {
    if (template == argumentsOf) {
      return arguments;
    }
    int[] saved = positions();
    ColumnReader.Cursor c = Objects.requireNonNull(cursor);
    c.restore(saved, template * ColumnReader.Cursor.SAVED);
    int n = argumentCounts[template];
    int before = arguments.length;
    if (before < n) {
      arguments = Arrays.copyOf(arguments, Math.max(n, 2 * before));
      for (int a = before; a < arguments.length; a++) {
        arguments[a] = new ColumnReader(c);
      }
    }
    argumentsOf = -1;
    for (int a = 0; a < n; a++) {
      arguments[a].open(firstRows[template + 1] - firstRows[template]);
    }
    argumentsOf = template;
    return arguments;
  }

  /** Template whose columns hold a position of a section; from is a template before it. */
  private int templateAt(int section, int position, int from) {
    int place = ColumnReader.Cursor.place(section);
    int[] saved = positions();
    int low = from;
    int high = firstRows.length - 2;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (saved[middle * ColumnReader.Cursor.SAVED + place] <= position) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  private int position(int section, int template) {
    return positions()[template * ColumnReader.Cursor.SAVED + ColumnReader.Cursor.place(section)];
  }

  /** Appends the exact body of a row. */
  public void appendBody(int row, ByteSink out) {
    appendBody(template(row), row, out);
  }

  /** The same for a row whose template is known. */
  public void appendBody(int template, int row, ByteSink out) {
    ColumnReader[] columns = arguments(template);
    byte[] b = templates();
    long time = times()[row];
    int i = row - firstRows[template];
    int next = 0;
    int end = textStarts[template + 1];
    int literal = textStarts[template];
    for (int p = literal; p < end; p++) {
      byte c = b[p];
      if (c > Templates.ESCAPE || c <= 0) {
        continue;
      }
      out.put(b, literal, p - literal);
      if (c == Templates.ESCAPE) {
        out.putByte(b[++p]);
      } else {
        columns[next++].append(i, time, out);
      }
      literal = p + 1;
    }
    out.put(b, literal, end - literal);
  }

  /** Length of each row's body. The array is shared. */
  public int[] bodyLengths() {
    int[] known = bodyLengths;
    if (known != null) {
      return known;
    }
    int[] out = new int[rows];
    for (int k = 0; k < 4; k++) {
      int length = sections.length(Section.BODY_LENGTHS + k);
      if (length == 0) {
        continue;
      }
      if (length != rows) {
        throw new DamageException("lengths of bodies have a wrong length");
      }
      byte[] plane = sections.get(Section.BODY_LENGTHS + k);
      for (int i = 0; i < rows; i++) {
        out[i] |= (plane[i] & 0xff) << 8 * k;
      }
    }
    bodyLengths = out;
    return out;
  }

  /**
   * Appends the value of a metadata name.
   *
   * @param name index in {@link #metadataNames}
   * @return false if the row has none
   */
  public boolean appendMetadata(int name, int row, ByteSink out) {
    openMetadata();
    int i = row;
    if (nameRows[name] < rows) {
      i = ranks(name)[row];
      if (i < 0) {
        return false;
      }
    }
    ColumnReader column = metadata[name];
    column.append(i, column.needsTime() ? times()[row] : 0, out);
    return true;
  }

  private int[] ranks(int name) {
    int[] known = ranks[name];
    if (known != null) {
      return known;
    }
    byte[] bits = sections.get(Section.PRESENCE);
    int[] out = new int[rows];
    int n = 0;
    for (int i = 0; i < rows; i++) {
      out[i] = (bits[presenceStarts[name] + (i >>> 3)] >> (i & 7) & 1) != 0 ? n++ : -1;
    }
    if (n != nameRows[name]) {
      throw new DamageException("presence of metadata has a wrong sum");
    }
    ranks[name] = out;
    return out;
  }

  /** Gives memory back for other blocks; neither the block nor slices of it are used after. */
  public void release() {
    sections.release();
  }

  // ---- filters

  /** Templates whose text contains a run of bytes that is no placeholder and needs no escape. */
  boolean[] templatesWith(Piece needle) {
    byte[] b = templates();
    int n = firstRows.length - 1;
    boolean[] out = new boolean[n];
    int t = 0;
    for (int p = needle.find(b, textStarts[0], textStarts[n]); p >= 0; ) {
      while (textStarts[t + 1] <= p) {
        t++;
      }
      if (p + needle.text().length <= textStarts[t + 1]) {
        out[t] = true;
        p = needle.find(b, textStarts[t + 1], textStarts[n]);
      } else {
        p = needle.find(b, p + 1, textStarts[n]);
      }
    }
    return out;
  }

  /** Rows whose body may contain a piece. */
  BitSet rowsWith(Piece piece) {
    int n = templateCount();
    boolean[] inText = piece.mixed() ? new boolean[n] : templatesWith(piece);
    BitSet out = new BitSet(rows);
    for (int t = 0; t < n; t++) {
      if (inText[t]) {
        out.set(firstRows[t], firstRows[t + 1]);
      }
    }
    BitSet ids = piece.mixed() ? new BitSet() : words.containing(piece);
    BitSet holding = new BitSet(n);
    addTemplatesOfWords(ids, holding);
    addTemplatesOfText(piece, holding);
    if (piece.isHexadecimal()) {
      addTemplatesOfNibbles(piece, holding);
    }
    for (int t = holding.nextSetBit(0); t >= 0; t = holding.nextSetBit(t + 1)) {
      if (!inText[t]) {
        ColumnReader[] columns = arguments(t);
        for (int a = 0; a < argumentCounts[t]; a++) {
          columns[a].addContaining(piece, ids, firstRows[t], firstRows[t + 1] - firstRows[t], out);
        }
      }
    }
    return out;
  }

  private void addTemplatesOfWords(BitSet ids, BitSet templates) {
    int n = sections.length(Section.WORD_LOW);
    if (ids.isEmpty() || n == 0) {
      return;
    }
    byte[] low = sections.get(Section.WORD_LOW);
    byte[] middle = sections.get(Section.WORD_MIDDLE);
    byte[] high = sections.get(Section.WORD_HIGH);
    if (sections.length(Section.WORD_MIDDLE) != n || sections.length(Section.WORD_HIGH) != n) {
      throw new DamageException("word ids have different lengths");
    }
    int t = 0;
    for (int i = 0; i < n; i++) {
      if (ids.get(low[i] & 0xff | (middle[i] & 0xff) << 8 | (high[i] & 0xff) << 16)) {
        t = templateAt(Section.WORD_LOW, i, t);
        templates.set(t);
        i = Math.max(i, position(Section.WORD_LOW, t + 1) - 1);
      }
    }
  }

  private void addTemplatesOfText(Piece piece, BitSet templates) {
    byte[] b = sections.get(Section.TEXT);
    int end = sections.length(Section.TEXT);
    int t = 0;
    for (int p = piece.find(b, 0, end); p >= 0; ) {
      int next = p + 1;
      if (p >= position(Section.TEXT, 0)) {
        t = templateAt(Section.TEXT, p, t);
        templates.set(t);
        next = Math.max(next, position(Section.TEXT, t + 1));
      }
      p = piece.find(b, next, end);
    }
  }

  private void addTemplatesOfNibbles(Piece piece, BitSet templates) {
    byte[] b = sections.get(Section.NIBBLES);
    int end = sections.length(Section.NIBBLES);
    int t = 0;
    for (int p = piece.findInNibbles(b, 0, end); p >= 0; ) {
      int next = p + 1;
      if (p >= position(Section.NIBBLES, 0)) {
        t = templateAt(Section.NIBBLES, p, t);
        templates.set(t);
        next = Math.max(next, position(Section.NIBBLES, t + 1));
      }
      p = piece.findInNibbles(b, next, end);
    }
  }

  /**
   * Points a slice at the value of a metadata name in memory of the block.
   *
   * @return false if the value has to be appended, or the row has none
   */
  public boolean metadataSlice(int name, int row, LogRowBatch.Slice into) {
    openMetadata();
    int i = row;
    if (nameRows[name] < rows) {
      i = ranks(name)[row];
      if (i < 0) {
        return false;
      }
    }
    return metadata[name].slice(i, into);
  }

  /**
   * Rows whose metadata fits a matcher.
   *
   * @param name index in {@link #metadataNames}, or -1 if the block does not have the name
   */
  public BitSet rowsMatching(int name, Matcher matcher) {
    BitSet out = new BitSet(rows);
    if (name < 0) {
      if (matcher.matchesEmpty()) {
        out.set(0, rows);
      }
      return out;
    }
    openMetadata();
    int[] rowOfValue = new int[nameRows[name]];
    if (rowOfValue.length == rows) {
      for (int i = 0; i < rows; i++) {
        rowOfValue[i] = i;
      }
    } else {
      int[] of = ranks(name);
      boolean empty = matcher.matchesEmpty();
      for (int i = 0; i < rows; i++) {
        if (of[i] >= 0) {
          rowOfValue[of[i]] = i;
        } else if (empty) {
          out.set(i);
        }
      }
    }
    if (metadata[name].needsTime()) {
      ByteSink value = new ByteSink(32);
      for (int row : rowOfValue) {
        appendMetadata(name, row, value.clear());
        if (matcher.matches(value.buf, 0, value.size)) {
          out.set(row);
        }
      }
    } else {
      metadata[name].addMatching(matcher, rowOfValue, out);
    }
    return out;
  }
}

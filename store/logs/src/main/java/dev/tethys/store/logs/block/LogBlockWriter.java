package dev.tethys.store.logs.block;

import dev.tethys.store.events.SectionWriter;
import dev.tethys.store.files.ByteSink;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Encodes log rows into one block.
 *
 * <pre>
 * {@link Section#HEADER}    uvarint rows, svarint first time, uvarint last - first time, uvarint bytes of bodies,
 *            uvarint streams, then for each: uvarint stream, uvarint rows, uvarint bytes,
 *            svarint first time - block's, uvarint last - first time;
 *            uvarint names, then for each: uvarint length, UTF-8, uvarint rows that have it
 * {@link Section#TEMPLATES} uvarint templates, then for each: uvarint length of the text, uvarint rows; then all texts
 * {@link Section#TIMES} + k byte k of each row's time minus that of the row before it in its template (first row: minus the
 *            block's first time)
 * {@link Section#BODY_LENGTHS} + k byte k of the length of each row's body; nothing where all are zero
 * {@link Section#STREAMS}   index of each row's stream in the header, one byte, or two (low bytes first, then high ones)
 *            where there are more than 256 streams; nothing where there is one
 * {@link Section#PRESENCE}  for each name that not all rows have: one bit a row, lowest first
 * {@link Section#COUNTS}    {@link BlockCounts}
 * {@link Section#COLUMNS}   columns of the names, then those of the templates' arguments, see {@link Column}
 * </pre>
 *
 * Rows are ordered by template, templates by text, rows of a template by time. Not safe for several
 * threads; memory is reused from block to block.
 */
public final class LogBlockWriter implements AutoCloseable {
  private final Templates templates;
  private final ByteSink[] sections = new ByteSink[Section.COUNT];
  private final BlockFilter filter = new BlockFilter();
  private final SectionWriter blocks;
  private final ColumnWriter columns;

  private int[] byTime = new int[0];
  private int[] order = new int[0]; // rows in the order of the block
  private int[] firstRows = new int[1]; // of each template, in the block's order
  private int[] sorted = new int[0]; // templates by text
  private int[] firstTokens = new int[0]; // of the rows of a template
  private int[] bodies = new int[0]; // where theirs start
  private final ByteSink texts = new ByteSink(1 << 12);
  private final TextSort byText = new TextSort();
  private final CountsWriter counts = new CountsWriter();

  /**
   * @param words words of the part, to which the block adds its own
   * @param level compression level of zstd
   */
  public LogBlockWriter(Words words, int level) {
    Arrays.setAll(sections, i -> new ByteSink(1 << 10));
    templates = new Templates(words, filter);
    blocks = new SectionWriter(level);
    columns = new ColumnWriter(sections, words);
  }

  /**
   * Appends a block of all rows, at least one.
   *
   * @param names metadata names by ordinal
   * @param filterOut receives the {@link BlockFilter}
   */
  public void write(LogRows rows, List<byte[]> names, ByteSink out, ByteSink filterOut) {
    filter.clear();
    for (ByteSink s : sections) {
      s.clear();
    }
    templates.find(rows);
    sortRows(rows); // and write the templates
    long min = rows.times[byTime[0]];
    writeTimes(rows, min);
    writeLengths(rows);
    ByteSink head = sections[Section.HEADER];
    head.uvarint(rows.count);
    head.svarint(min);
    long max = rows.times[byTime[rows.count - 1]];
    head.uvarint(max - min);
    int[] streams = distinct(rows.streams, rows.count);
    writeStreams(rows, streams, min, head);
    int[] nameIndexes = writeMetadata(rows, names, head);
    counts.write(rows, streams, nameIndexes, min, max, sections[Section.COUNTS]);
    writeArguments(rows);
    blocks.begin();
    for (int i = 0; i < sections.length; i++) {
      blocks.add(i, sections[i]);
    }
    blocks.end(out);
    for (int p = 0; p < rows.metaCount; p++) {
      int start = rows.metaValueStarts[p];
      filter.addValue(rows.bytes.buf, start, start + rows.metaValueLengths[p]);
    }
    filter.write(filterOut);
  }

  /** Patterns of rows, at least one, without writing a block; equal ones are one object. */
  public String[] patterns(LogRows rows) {
    filter.clear();
    templates.find(rows);
    String[] ofTemplate = new String[templates.count];
    ByteSink text = new ByteSink(256);
    ByteSink pattern = new ByteSink(256);
    for (int t = 0; t < ofTemplate.length; t++) {
      templates.appendText(t, text.clear());
      Templates.appendPattern(text.buf, 0, text.size, pattern.clear());
      ofTemplate[t] = new String(pattern.buf, 0, pattern.size, StandardCharsets.UTF_8);
    }
    String[] out = new String[rows.count];
    for (int r = 0; r < out.length; r++) {
      out[r] = ofTemplate[templates.templateOf[r]];
    }
    return out;
  }

  private void sortRows(LogRows rows) {
    int n = rows.count;
    if (byTime.length < n) {
      byTime = new int[n];
      order = new int[n];
    }
    for (int r = 0; r < n; r++) {
      byTime[r] = r;
    }
    TimeSort.sort(rows.times, byTime, 0, n, true);
    texts.clear();
    int count = 0;
    sorted = new int[templates.count];
    int[] starts = new int[templates.count];
    int[] ends = new int[templates.count];
    for (int t = 0; t < templates.count; t++) {
      if (templates.uses[t] > 0) {
        sorted[count++] = t;
        starts[t] = texts.size;
        templates.appendText(t, texts);
        ends[t] = texts.size;
      }
    }
    sorted = Arrays.copyOf(sorted, count);
    byText.sort(texts, starts, ends, sorted, count);
    firstRows = new int[count + 1];
    int[] next = new int[templates.count];
    ByteSink out = sections[Section.TEMPLATES];
    out.uvarint(count);
    for (int i = 0; i < count; i++) {
      int t = sorted[i];
      next[t] = firstRows[i];
      firstRows[i + 1] = firstRows[i] + templates.uses[t];
      out.uvarint(ends[t] - starts[t]);
      out.uvarint(templates.uses[t]);
    }
    for (int t : sorted) {
      out.put(texts.buf, starts[t], ends[t] - starts[t]);
    }
    for (int i = 0; i < n; i++) {
      int r = byTime[i];
      order[next[templates.templateOf[r]]++] = r;
    }
  }

  private void writeTimes(LogRows rows, long min) {
    int n = rows.count;
    long[] steps = new long[n];
    long all = 0;
    for (int t = 0; t < sorted.length; t++) {
      long before = min;
      for (int i = firstRows[t]; i < firstRows[t + 1]; i++) {
        long time = rows.times[order[i]];
        steps[i] = time - before;
        all |= steps[i];
        before = time;
      }
    }
    for (int k = 0; k < 8 && (k == 0 || all >>> 8 * k != 0); k++) {
      ByteSink plane = sections[Section.TIMES + k];
      plane.ensure(n);
      for (int i = 0; i < n; i++) {
        plane.buf[i] = (byte) (steps[i] >>> 8 * k);
      }
      plane.size = n;
    }
  }

  /** Writes the lengths of bodies, which would otherwise have to be summed from all columns. */
  private void writeLengths(LogRows rows) {
    int n = rows.count;
    int all = 0;
    for (int r = 0; r < n; r++) {
      all |= rows.lengths[r];
    }
    for (int k = 0; k < 4 && all >>> 8 * k != 0; k++) {
      ByteSink plane = sections[Section.BODY_LENGTHS + k];
      plane.ensure(n);
      for (int i = 0; i < n; i++) {
        plane.buf[i] = (byte) (rows.lengths[order[i]] >>> 8 * k);
      }
      plane.size = n;
    }
  }

  private void writeStreams(LogRows rows, int[] streams, long min, ByteSink head) {
    int n = rows.count;
    long all = 0;
    for (int r = 0; r < n; r++) {
      all += rows.lengths[r];
    }
    head.uvarint(all);
    head.uvarint(streams.length);
    int[] index = new int[n];
    long[] bytes = new long[streams.length];
    int[] counts = new int[streams.length];
    long[] first = new long[streams.length];
    long[] last = new long[streams.length];
    Arrays.fill(first, Long.MAX_VALUE);
    Arrays.fill(last, Long.MIN_VALUE);
    for (int i = 0; i < n; i++) {
      int r = order[i];
      int s = Arrays.binarySearch(streams, rows.streams[r]);
      index[i] = s;
      counts[s]++;
      bytes[s] += rows.lengths[r];
      first[s] = Math.min(first[s], rows.times[r]);
      last[s] = Math.max(last[s], rows.times[r]);
    }
    for (int s = 0; s < streams.length; s++) {
      head.uvarint(streams[s]);
      head.uvarint(counts[s]);
      head.uvarint(bytes[s]);
      head.uvarint(first[s] - min);
      head.uvarint(last[s] - first[s]);
    }
    if (streams.length > 1) {
      ByteSink out = sections[Section.STREAMS];
      for (int i = 0; i < n; i++) {
        out.putByte(index[i]);
      }
      for (int i = 0; i < n && streams.length > 256; i++) {
        out.putByte(index[i] >>> 8);
      }
    }
  }

  /** Values in ascending order, each once. Rows of parts are sorted by them. */
  private static int[] distinct(int[] values, int n) {
    int[] sorted = Arrays.copyOf(values, n);
    int ascending = 1;
    while (ascending < n && sorted[ascending] >= sorted[ascending - 1]) {
      ascending++;
    }
    if (ascending < n) {
      Arrays.sort(sorted);
    }
    int count = 0;
    for (int i = 0; i < n; i++) {
      if (i == 0 || sorted[i] != sorted[i - 1]) {
        sorted[count++] = sorted[i];
      }
    }
    return Arrays.copyOf(sorted, count);
  }

  /** Writes metadata; returns the index in the header of each name, -1 for those of no row. */
  private int[] writeMetadata(LogRows rows, List<byte[]> names, ByteSink head) {
    boolean[] used = new boolean[names.size()];
    int[] indexes = new int[used.length];
    Arrays.fill(indexes, -1);
    int count = 0;
    for (int i = 0; i < rows.metaCount; i++) {
      if (!used[rows.metaNames[i]]) {
        used[rows.metaNames[i]] = true;
        count++;
      }
    }
    head.uvarint(count);
    ByteSink presence = sections[Section.PRESENCE];
    int index = 0;
    for (int name = 0; name < used.length; name++) {
      if (used[name]) {
        indexes[name] = index++;
        int n = collect(rows, name);
        head.putSized(names.get(name));
        head.uvarint(n);
        if (n < rows.count) {
          writePresence(rows, name, presence);
        }
        columns.write(rows.bytes.buf, n, false);
      }
    }
    return indexes;
  }

  /** Collects the values of a metadata name, in the order of the block. */
  private int collect(LogRows rows, int name) {
    columns.ensure(rows.count);
    int n = 0;
    for (int i = 0; i < rows.count; i++) {
      int r = order[i];
      int pair = pair(rows, r, name);
      if (pair >= 0) {
        columns.starts[n] = rows.metaValueStarts[pair];
        columns.ends[n] = rows.metaValueStarts[pair] + rows.metaValueLengths[pair];
        columns.times[n++] = rows.times[r];
      }
    }
    return n;
  }

  private static int pair(LogRows rows, int row, int name) {
    for (int i = rows.metaStarts[row]; i < rows.metaStarts[row + 1]; i++) {
      if (rows.metaNames[i] == name) {
        return i;
      }
    }
    return -1;
  }

  private void writePresence(LogRows rows, int name, ByteSink out) {
    int bits = 0;
    for (int i = 0; i < rows.count; i++) {
      if (pair(rows, order[i], name) >= 0) {
        bits |= 1 << (i & 7);
      }
      if ((i & 7) == 7 || i == rows.count - 1) {
        out.putByte(bits);
        bits = 0;
      }
    }
  }

  private void writeArguments(LogRows rows) {
    byte[] b = rows.bytes.buf;
    char[] ends = templates.tokens.ends; // from the start of the body
    for (int t = 0; t < sorted.length; t++) {
      int first = firstRows[t];
      int n = firstRows[t + 1] - first;
      columns.ensure(n);
      int codes = templates.codeStarts[sorted[t]];
      int tokens = templates.codeStarts[sorted[t] + 1] - codes;
      if (n == 1) {
        writeArguments(rows, order[first], codes, tokens);
        continue;
      }
      if (firstTokens.length < n) {
        firstTokens = new int[Math.max(n, 2 * firstTokens.length)];
        bodies = new int[firstTokens.length];
      }
      for (int i = 0; i < n; i++) {
        int r = order[first + i];
        firstTokens[i] = templates.rowTokens[r];
        bodies[i] = rows.starts[r];
        columns.times[i] = rows.times[r];
      }
      for (int k = 0; k < tokens; k++) {
        int code = templates.templateCodes[codes + k];
        if (!Templates.isArgument(code)) {
          continue;
        }
        boolean word = Templates.isWordArgument(code);
        for (int i = 0; i < n; i++) {
          int token = firstTokens[i] + k;
          int body = bodies[i];
          columns.starts[i] = k == 0 ? body : body + ends[token - 1];
          columns.ends[i] = body + ends[token];
          columns.ids[i] = templates.word(token);
        }
        for (int i = 0; k == tokens - 1 && i < n; i++) {
          columns.ends[i] = bodies[i] + rows.lengths[order[first + i]];
        }
        columns.write(b, n, word);
      }
    }
  }

  /** Variant for a row that is alone with its template, as most of the templates' rows are. */
  private void writeArguments(LogRows rows, int r, int codes, int tokens) {
    byte[] b = rows.bytes.buf;
    char[] ends = templates.tokens.ends;
    int first = templates.rowTokens[r];
    int start = rows.starts[r];
    int body = start;
    columns.times[0] = rows.times[r];
    for (int k = 0; k < tokens; k++) {
      int code = templates.templateCodes[codes + k];
      int end = body + (k == tokens - 1 ? rows.lengths[r] : ends[first + k]);
      if (Templates.isArgument(code)) {
        columns.starts[0] = start;
        columns.ends[0] = end;
        if (Templates.isWordArgument(code)) {
          columns.writeWord(b, templates.word(first + k));
        } else {
          columns.writeOne(b);
        }
      }
      start = end;
    }
  }

  /** Frees native memory. */
  @Override
  public void close() {
    blocks.close();
  }
}

package dev.tethys.store.logs.block;

import dev.tethys.model.Matcher;
import dev.tethys.model.logs.LogBodyParts;
import dev.tethys.model.logs.LogMention;
import dev.tethys.model.logs.LogPatternKey;
import dev.tethys.store.events.DecodedColumns;
import dev.tethys.store.events.SectionReader;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a block of {@link LogBlockWriter}. The header and the requested columns are decoded once
 * each. Rows are numbered in the order of the block. Safe not thread-safe.
 */
public final class LogBlock {
  /** Rows of one stream in a block. */
  public record StreamRows(int stream, int rows, long bytes, long firstTime, long lastTime) {}

  // Fewer rows do not repay finding out which arguments are needed.
  private static final int MIN_MARKED_ROWS = 2;

  // Searching single templates costs more than searching all if they are more than this part.
  private static final int PART_OF_TEMPLATES = 2;

  private static final int PATTERN_BYTES = 48; // of an object with its reference
  private static final int PLACEHOLDER_BYTES = 3; // of a placeholder, one byte in a template

  private static final byte[] BACKSLASH = {'\\'};

  /** Keys of decoded data that is cached for a block, besides sections and {@link RowColumns}. */
  private enum CachedColumns {
    TEMPLATES,
    POSITIONS,
    PATTERNS,
    PATTERN_KEYS,
    STREAM_ROWS,
    STREAM_RUNS,
    COUNTS
  }

  private final SectionReader sections;
  private final DecodedColumns kept;
  private final ColumnReader.WordSource words;
  private final int rows;
  private final long firstTime;
  private final long lastTime;
  private final StreamRows[] streams;

  private final RowColumns columns;
  private final MetadataColumns metadata;
  private long @Nullable [] times;
  private int @Nullable [] bodyLengths;
  private int @Nullable [] rowStreams;
  private int @Nullable [][] streamRows;
  private StreamRuns @Nullable [] streamRuns;
  private long @Nullable [] patternKeys;
  private @Nullable PatternTexts patterns;
  private byte @Nullable [] templateBytes;
  private int[] textStarts = {};
  private int[] firstRows = {};
  private int @Nullable [] positions;
  private ColumnReader[] arguments = {}; // of the template that was read last
  private int argumentsOf = -1;
  private int[] argumentCounts = {};
  private final TemplateText text = new TemplateText(); // of the template that was read last
  private int textOf = -1;
  private final TemplateText partsText = new TemplateText(); // the same with fewer arguments
  private int partsOf = -1;
  private boolean inParts;
  private int ranges = -1; // number of those in partsText
  private final ByteSink argument = new ByteSink(64);
  private boolean[] digits = {};

  /**
   * Opens a block.
   *
   * @param words the words of the part
   * @param kept columns decoded by earlier readers of the block
   * @throws CorruptionException if the header is damaged; the methods throw it if the data they
   *     need is damaged
   */
  public static LogBlock open(MemorySegment block, WordList words, DecodedColumns kept) {
    return new LogBlock(block, words, kept);
  }

  /**
   * @param words the words of the part
   * @param kept columns decoded by earlier readers of the block
   * @throws CorruptionException if the header is damaged; the methods throw it if the data they
   *     need is damaged
   */
  LogBlock(MemorySegment block, ColumnReader.WordSource words, DecodedColumns kept) {
    kept.use();
    this.sections = new SectionReader(block, kept);
    this.kept = kept;
    this.words = words;
    ByteSource in = sections.source(Section.HEADER);
    rows = in.count(SectionLimit.ROWS);
    firstTime = in.svarint();
    lastTime = firstTime + in.uvarint();
    in.uvarint(); // size of the bodies
    streams = new StreamRows[in.count(rows)];
    for (int i = 0; i < streams.length; i++) {
      int stream = (int) in.uvarint();
      int n = in.count(rows);
      long b = in.uvarint();
      long first = firstTime + in.uvarint();
      streams[i] = new StreamRows(stream, n, b, first, first + in.uvarint());
    }
    byte[][] names = new byte[in.count(in.remaining())][];
    int[] nameRows = new int[names.length];
    for (int i = 0; i < names.length; i++) {
      names[i] = in.sized();
      nameRows[i] = in.count(rows);
    }
    columns = new RowColumns(sections, kept, rows, streams.length);
    metadata = new MetadataColumns(sections, kept, words, names, nameRows, rows, this::times);
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

  /** Streams with rows in the block, ascending. */
  public List<StreamRows> streams() {
    return List.of(streams);
  }

  /** Names of metadata, UTF-8. */
  public List<byte[]> metadataNames() {
    return metadata.names();
  }

  /** Stored form of the template table. */
  @SuppressWarnings("ArrayRecordComponent") // shared, read only
  private record TemplateTable(int[] textStarts, int[] firstRows) {}

  private byte[] templates() {
    byte[] known = templateBytes;
    if (known != null) {
      return known;
    }
    TemplateTable table = (TemplateTable) kept.get(CachedColumns.TEMPLATES);
    if (table == null) {
      table = readTemplates();
      long size = 4L * (table.textStarts.length + table.firstRows.length) + 64;
      kept.put(CachedColumns.TEMPLATES, table, size);
    }
    textStarts = table.textStarts;
    firstRows = table.firstRows;
    byte[] bytes = sections.get(Section.TEMPLATES);
    templateBytes = bytes;
    return bytes;
  }

  private TemplateTable readTemplates() {
    ByteSource in = sections.source(Section.TEMPLATES);
    int n = in.count(rows);
    int[] starts = new int[n + 1];
    int[] first = new int[n + 1];
    for (int i = 0; i < n; i++) {
      starts[i + 1] = starts[i] + in.count(in.remaining());
      first[i + 1] = first[i] + in.count(rows);
    }
    if (in.remaining() != starts[n] || first[n] != rows) {
      throw new CorruptionException("template table has wrong sums");
    }
    int at = in.pos;
    for (int i = 0; i <= n; i++) {
      starts[i] += at;
    }
    return new TemplateTable(starts, first);
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

  /**
   * Text of a template, with {@code <_>} for each argument. Different templates may have equal
   * texts. The text is one object as long as it is kept, so that its hash is computed once.
   */
  public String pattern(int template) {
    PatternTexts of = patterns;
    if (of == null) {
      of = (PatternTexts) kept.get(CachedColumns.PATTERNS);
      if (of == null) {
        of = new PatternTexts(new String[templateCount()]);
        long text = sections.length(Section.TEMPLATES);
        kept.put(
            CachedColumns.PATTERNS,
            of,
            text * PLACEHOLDER_BYTES + (long) of.texts.length * PATTERN_BYTES);
      }
      patterns = of;
    }
    String known = of.texts[template];
    if (known == null) {
      byte[] b = templates();
      ByteSink out = argument.clear();
      Templates.appendPattern(b, textStarts[template], textStarts[template + 1], out);
      known = new String(out.buf, 0, out.size, StandardCharsets.UTF_8);
      of.texts[template] = known;
    }
    return known;
  }

  /** Writes keys of the {@link #pattern} of templates, without its text. */
  public void patternKeys(int[] templates, long[] into) {
    long[] of = patternKeys;
    if (of == null) {
      of = (long[]) kept.get(CachedColumns.PATTERN_KEYS);
      if (of == null) {
        of = new long[templateCount()];
        kept.put(CachedColumns.PATTERN_KEYS, of, 8L * of.length);
      }
      patternKeys = of;
    }
    for (int i = 0; i < templates.length; i++) {
      int t = templates[i];
      if (of[t] == 0) { // threads may compute the same key twice
        of[t] = patternKey(t);
      }
      into[i] = of[t];
    }
  }

  private long patternKey(int template) {
    ByteSink out = argument.clear();
    Templates.appendPattern(templates(), textStarts[template], textStarts[template + 1], out);
    return LogPatternKey.of(out.buf, 0, out.size);
  }

  /** Strings of templates as far as they were requested. Threads may add the same text twice. */
  @SuppressWarnings("ArrayRecordComponent") // shared
  private record PatternTexts(@Nullable String[] texts) {}

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
    if (known == null) {
      templates();
      known = columns.times(firstTime, firstRows);
      times = known;
    }
    return known;
  }

  /** Index of each row's stream in {@link #streams}. The array is shared. */
  public int[] streamIndexes() {
    int[] known = rowStreams;
    if (known == null) {
      known = columns.streamIndexes();
      rowStreams = known;
    }
    return known;
  }

  /** Rows of a stream, ascending. The array is shared. */
  public int[] rowsOf(int stream) {
    int[][] known = streamRows;
    if (known == null) {
      known = (int[][]) kept.get(CachedColumns.STREAM_ROWS);
      if (known == null) {
        known = readStreamRows();
        kept.put(CachedColumns.STREAM_ROWS, known, 4L * rows + 24L * known.length);
      }
      streamRows = known;
    }
    return known[stream];
  }

  /**
   * Rows of a stream by template.
   *
   * @param templates of each run of rows, ascending
   * @param starts place in {@link #rowsOf} of the first row of each run, and the number of rows
   */
  @SuppressWarnings("ArrayRecordComponent") // shared, read only
  public record StreamRuns(int[] templates, int[] starts) {}

  /** Rows of a stream by template. */
  public StreamRuns runsOf(int stream) {
    StreamRuns[] known = streamRuns;
    if (known == null) {
      known = (StreamRuns[]) kept.get(CachedColumns.STREAM_RUNS);
      if (known == null) {
        known = new StreamRuns[streams.length];
        long size = 0;
        for (int s = 0; s < known.length; s++) {
          known[s] = readRuns(rowsOf(s));
          size += 8L * known[s].templates.length + 64;
        }
        kept.put(CachedColumns.STREAM_RUNS, known, size);
      }
      streamRuns = known;
    }
    return known[stream];
  }

  private StreamRuns readRuns(int[] of) {
    int[] ofRuns = new int[Math.min(of.length, templateCount())];
    int[] starts = new int[ofRuns.length + 1];
    int n = 0;
    int t = -1;
    int end = 0;
    for (int i = 0; i < of.length; i++) {
      if (of[i] >= end) {
        do {
          t++;
        } while (firstRows[t + 1] <= of[i]);
        end = firstRows[t + 1];
        ofRuns[n] = t;
        starts[n++] = i;
      }
    }
    starts[n] = of.length;
    return new StreamRuns(Arrays.copyOf(ofRuns, n), Arrays.copyOf(starts, n + 1));
  }

  private int[][] readStreamRows() {
    int[] of = streamIndexes();
    int[] counts = new int[streams.length];
    for (int s : of) {
      counts[s]++;
    }
    int[][] out = new int[streams.length][];
    for (int s = 0; s < out.length; s++) {
      out[s] = new int[counts[s]];
    }
    for (int r = rows - 1; r >= 0; r--) {
      out[of[r]][--counts[of[r]]] = r;
    }
    return out;
  }

  /** Positions of the columns of each template, followed by the end of the last one. */
  private int[] positions() {
    int[] known = positions;
    if (known != null) {
      return known;
    }
    ColumnReader.Cursor c = metadata.cursor();
    ColumnPositions p = (ColumnPositions) kept.get(CachedColumns.POSITIONS);
    if (p == null) {
      p = readPositions(c);
      kept.put(CachedColumns.POSITIONS, p, 4L * (p.positions.length + p.counts.length) + 64);
    }
    argumentCounts = p.counts;
    positions = p.positions;
    return p.positions;
  }

  /** Positions as they are kept, and the number of arguments of each template. */
  @SuppressWarnings("ArrayRecordComponent") // shared, read only
  private record ColumnPositions(int[] positions, int[] counts) {}

  private ColumnPositions readPositions(ColumnReader.Cursor c) {
    byte[] b = templates();
    int n = firstRows.length - 1;
    metadata.moveBehind(c);
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
    return new ColumnPositions(out, counts);
  }

  /** Columns of the arguments of a template, as many as it has; until the next call. */
  private ColumnReader[] arguments(int template) {
    if (template == argumentsOf) {
      return arguments;
    }
    int[] saved = positions();
    ColumnReader.Cursor c = metadata.cursor();
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

  /** Appends the body of a row whose template is known. */
  public void appendBody(int template, int row, ByteSink out) {
    append(template, row, text(template), out);
  }

  /**
   * Appends ranges of a body, or a body in which arguments may be placeholders.
   *
   * @param parts decides which
   * @param count number of rows of the template that are requested
   * @return number of the ranges, -1 for a body
   */
  public int appendParts(int template, int row, LogBodyParts parts, int count, ByteSink out) {
    append(template, row, partsText(template, parts, count), out);
    return ranges;
  }

  private void append(int template, int row, TemplateText of, ByteSink out) {
    ColumnReader[] columns = arguments(template);
    long time = times()[row];
    int i = row - firstRows[template];
    int n = of.arguments();
    byte[] b = of.bytes();
    int from = 0;
    for (int a = 0; a < n; a++) {
      int end = of.end(a);
      out.putFew(b, from, end - from);
      columns[of.column(a)].append(i, time, out);
      from = end;
    }
    out.putFew(b, from, of.end(n) - from);
  }

  /** Text of a template with the arguments that are needed; until the next call. */
  private TemplateText partsText(int template, LogBodyParts parts, int count) {
    if (partsOf != template) {
      partsOf = -1;
      ranges = -1;
      inParts = readParts(template, parts, count);
      partsOf = template;
    }
    return inParts ? partsText : text(template);
  }

  /** Finds the required arguments of a template; returns false if all may be required. */
  private boolean readParts(int template, LogBodyParts parts, int count) {
    ColumnReader[] columns = arguments(template);
    int n = argumentCounts[template];
    int rowsOf = firstRows[template + 1] - firstRows[template];
    if (digits.length < n) {
      digits = new boolean[Math.max(n, 2 * digits.length)];
    }
    for (int a = 0; a < n; a++) {
      if (!columns[a].hasTokensOnly()) {
        return false;
      }
      digits[a] = columns[a].hasDigitsOnly();
    }
    partsText.readOutline(templates(), textStarts[template], textStarts[template + 1], n, digits);
    ranges =
        partsText.readRanges(
            parts,
            new LogBodyParts.Known() {
              @Override
              public int write(int a, byte[] to, int at) {
                return writeKnown(columns[a], rowsOf, to, at);
              }

              @Override
              public boolean mayPass(int a, LogBodyParts.Test test) {
                return columns[a].mayPass(rowsOf, test, argument);
              }
            });
    if (ranges < 0 && n > 0 && count >= MIN_MARKED_ROWS) {
      partsText.readParts(parts);
      return true;
    }
    return ranges >= 0;
  }

  /** Writes the value of a column in which all are the same; returns -1 if they are not. */
  private int writeKnown(ColumnReader column, int rowsOf, byte[] to, int at) {
    if (!column.isSame(rowsOf)) {
      return -1;
    }
    column.append(0, 0, argument.clear());
    if (to.length - at < argument.size) {
      return -1;
    }
    System.arraycopy(argument.buf, 0, to, at, argument.size);
    return at + argument.size;
  }

  /** Text of a template between its arguments; until the next call. */
  private TemplateText text(int template) {
    if (textOf != template) {
      byte[] b = templates();
      textOf = -1;
      text.read(b, textStarts[template], textStarts[template + 1]);
      textOf = template;
    }
    return text;
  }

  /** Numbers of rows by stream, metadata and time; null if the block has none. */
  public @Nullable BlockCounts counts() {
    BlockCounts known = (BlockCounts) kept.get(CachedColumns.COUNTS);
    if (known == null && sections.length(Section.COUNTS) > 0) {
      byte[] b = sections.once(Section.COUNTS);
      known =
          BlockCounts.read(
              new ByteSource(b, 0, sections.length(Section.COUNTS)),
              metadata.names().size(),
              streams.length,
              rows,
              firstTime);
      kept.put(CachedColumns.COUNTS, known, known.size());
    }
    return known;
  }

  /** Length of each row's body. The array is shared. */
  public int[] bodyLengths() {
    int[] known = bodyLengths;
    if (known == null) {
      known = columns.bodyLengths();
      bodyLengths = known;
    }
    return known;
  }

  /** Releases memory for other blocks; the block is not used after. */
  public void release() {
    sections.release();
  }

  // ---- filters

  /**
   * Templates whose text contains a run of bytes without placeholders and without bytes to escape.
   *
   * @param of templates to search, null for all
   */
  boolean[] templatesWith(Piece needle, @Nullable BitSet of) {
    byte[] b = templates();
    int n = firstRows.length - 1;
    boolean[] out = new boolean[n];
    if (of != null) {
      for (int t = of.nextSetBit(0); t >= 0; t = of.nextSetBit(t + 1)) {
        out[t] = needle.find(b, textStarts[t], textStarts[t + 1]) >= 0;
      }
      return out;
    }
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

  /** Templates with some of the rows; null if they are so many that all may as well be searched. */
  @Nullable BitSet templatesOf(@Nullable BitSet some) {
    if (some == null) {
      return null;
    }
    int n = templateCount();
    BitSet out = new BitSet(n);
    int t = 0;
    for (int r = some.nextSetBit(0); r >= 0; r = some.nextSetBit(firstRows[t + 1])) {
      while (firstRows[t + 1] <= r) {
        t++;
      }
      out.set(t);
    }
    return out.cardinality() > n / PART_OF_TEMPLATES ? null : out;
  }

  /**
   * Rows whose body may contain a piece.
   *
   * @param some rows that matter, null for all
   */
  BitSet rowsWith(Piece piece, @Nullable BitSet some) {
    int n = templateCount();
    BitSet of = templatesOf(some);
    boolean[] inText = piece.mixed() ? new boolean[n] : templatesWith(piece, of);
    BitSet out = new BitSet(rows);
    for (int t = 0; t < n; t++) {
      if (inText[t]) {
        out.set(firstRows[t], firstRows[t + 1]);
      }
    }
    BitSet ids = piece.mixed() ? new BitSet() : words.containing(piece);
    BitSet holding = new BitSet(n);
    if (of == null) {
      addTemplatesOfWords(ids, holding);
      addTemplatesOfText(piece, holding);
      if (piece.isHexadecimal()) {
        addTemplatesOfNibbles(piece, holding);
      }
    } else {
      for (int t = of.nextSetBit(0); t >= 0; t = of.nextSetBit(t + 1)) {
        if (!inText[t] && columnsMayHold(piece, ids, t)) {
          holding.set(t);
        }
      }
    }
    for (int t = holding.nextSetBit(0); t >= 0; t = holding.nextSetBit(t + 1)) {
      if (!inText[t] && firstRows[t + 1] - firstRows[t] == 1) {
        out.set(firstRows[t]);
      } else if (!inText[t]) {
        ColumnReader[] columns = arguments(t);
        for (int a = 0; a < argumentCounts[t]; a++) {
          columns[a].addContaining(piece, ids, firstRows[t], firstRows[t + 1] - firstRows[t], out);
        }
      }
    }
    return out;
  }

  /**
   * Rows that may match a consumer's search string; null for all.
   *
   * @param some rows that matter, null for all
   */
  public @Nullable BitSet rowsMentioning(LogMention mention, @Nullable BitSet some) {
    Piece piece = Piece.longest(mention.text().getBytes(StandardCharsets.UTF_8), false);
    if (piece == null) {
      return null;
    }
    BitSet out = rowsWith(piece, some);
    Piece escape = Piece.of(BACKSLASH, 0);
    if (mention.escapes() && isAnywhere(escape)) {
      out.or(rowsWith(escape, some));
    }
    return out;
  }

  /** True if templates or texts contain a piece that is neither a word nor a number. */
  private boolean isAnywhere(Piece piece) {
    return piece.find(templates(), textStarts[0], textStarts[templateCount()]) >= 0
        || piece.find(sections.get(Section.TEXT), 0, sections.length(Section.TEXT)) >= 0;
  }

  /** True if a column of a template may hold a piece. */
  private boolean columnsMayHold(Piece piece, BitSet ids, int t) {
    int text = position(Section.TEXT, t);
    int textEnd = position(Section.TEXT, t + 1);
    if (textEnd > text && piece.find(sections.get(Section.TEXT), text, textEnd) >= 0) {
      return true;
    }
    int words = position(Section.WORD_LOW, t);
    int wordsEnd = position(Section.WORD_LOW, t + 1);
    if (wordsEnd > words && !ids.isEmpty()) {
      byte[] low = sections.get(Section.WORD_LOW);
      byte[] middle = sections.get(Section.WORD_MIDDLE);
      byte[] high = sections.get(Section.WORD_HIGH);
      for (int i = words; i < wordsEnd; i++) {
        if (ids.get(low[i] & 0xff | (middle[i] & 0xff) << 8 | (high[i] & 0xff) << 16)) {
          return true;
        }
      }
    }
    int nibbles = position(Section.NIBBLES, t);
    int nibblesEnd = position(Section.NIBBLES, t + 1);
    return nibblesEnd > nibbles
        && piece.isHexadecimal()
        && piece.findInNibbles(sections.get(Section.NIBBLES), nibbles, nibblesEnd) >= 0;
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
      throw new CorruptionException("word ids have different lengths");
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

  // ---- metadata

  /**
   * Appends the value of a metadata name.
   *
   * @param name index in {@link #metadataNames}
   * @return false if the row has none
   */
  public boolean appendMetadata(int name, int row, ByteSink out) {
    return metadata.append(name, row, out);
  }

  /** Values of a metadata name by their numbers; null if the column has too many. */
  public MetadataColumns.@Nullable Coded coded(int name) {
    return metadata.coded(name);
  }

  /**
   * Rows whose metadata fits a matcher.
   *
   * @param name index in {@link #metadataNames}, or -1 if the block does not have the name
   */
  public BitSet rowsMatching(int name, Matcher matcher) {
    return metadata.rowsMatching(name, matcher);
  }
}

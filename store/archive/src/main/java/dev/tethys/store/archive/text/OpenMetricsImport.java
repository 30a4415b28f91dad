package dev.tethys.store.archive.text;

import dev.tethys.codec.exposition.ExpositionException;
import dev.tethys.codec.exposition.ExpositionParser;
import dev.tethys.codec.exposition.ExpositionParsers;
import dev.tethys.codec.exposition.ParserOptions;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.store.archive.Progress;
import dev.tethys.store.metrics.SampleSorter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads OpenMetrics text whose samples have times, a file of any size: in pieces that end with a
 * line. As strict as Prometheus's scraper: a file that is malformed anywhere is rejected with the
 * position. Comments of {@link OpenMetricsExport}'s full form are also samples.
 */
public final class OpenMetricsImport {
  /** Bytes of a piece; a line must be shorter. */
  static final int PIECE = 4 << 20;

  /** Label sets that are remembered by the text of their line. */
  private static final int MAX_KNOWN = 200_000;

  private static final byte[] TYPE = "# TYPE ".getBytes(StandardCharsets.US_ASCII);
  private static final Pattern LINE = Pattern.compile("^line (\\d+)");
  private static final byte[] BEYOND = OpenMetricsExport.BEYOND.getBytes(StandardCharsets.US_ASCII);

  /** The parser sees this instead of such a comment: a line without content. */
  private static final byte[] NOTHING = "# HELP t ".getBytes(StandardCharsets.US_ASCII);

  private static final byte[] END = "# EOF\n".getBytes(StandardCharsets.US_ASCII);

  private final Map<String, String> added;
  private final SampleSorter into;
  private final Progress progress;
  private final int piece;
  private final JsonLinesImport beyond;
  private final Map<Key, Labels> known = new HashMap<>();
  private long line = 1; // the first of the present piece
  private byte[] type = {}; // the TYPE line of the family that continues in the next piece

  /**
   * Prepares to read.
   *
   * @param added labels that every series gets, over its own
   */
  public OpenMetricsImport(Map<String, String> added, SampleSorter into, Progress progress) {
    this(added, into, progress, PIECE);
  }

  OpenMetricsImport(
      Map<String, String> added, SampleSorter into, Progress progress, int pieceBytes) {
    this.added = Map.copyOf(added);
    this.into = into;
    this.progress = progress;
    this.piece = pieceBytes;
    this.beyond = new JsonLinesImport(added, into, progress);
  }

  private record Key(byte[] bytes) {
    @Override
    public boolean equals(@org.jspecify.annotations.Nullable Object o) {
      return o instanceof Key k && Arrays.equals(bytes, k.bytes);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(bytes);
    }
  }

  /**
   * Reads a file.
   *
   * @throws IllegalArgumentException if it is malformed, or a sample has no time
   */
  public void read(Path file) throws IOException {
    progress.step("reading " + file.getFileName(), Files.size(file));
    try (InputStream in = Files.newInputStream(file)) {
      byte[] buf = new byte[piece];
      int size = 0;
      while (true) {
        size += in.readNBytes(buf, size, piece - size);
        boolean last = size < piece;
        // The last whole line is left for the next piece: it may be the end of all.
        int end = last ? size : lineStart(buf, lineStart(buf, size) - 1);
        if (end <= 0 && !last) {
          throw new IllegalArgumentException(
              file + ": line " + line + " is longer than " + piece / 2 + " bytes");
        }
        parse(file, buf, end, last);
        progress.advance(end);
        if (last) {
          return;
        }
        System.arraycopy(buf, end, buf, 0, size - end);
        size -= end;
      }
    }
  }

  /** Returns the start of the line that holds the byte before {@code to}, or ends there. */
  private static int lineStart(byte[] buf, int to) {
    int at = Math.max(to, 0);
    while (at > 0 && buf[at - 1] != '\n') {
      at--;
    }
    return at;
  }

  private void parse(Path file, byte[] buf, int length, boolean last) {
    byte[] body = new byte[type.length + length + (last ? 0 : END.length)];
    System.arraycopy(type, 0, body, 0, type.length);
    System.arraycopy(buf, 0, body, type.length, length);
    if (!last) {
      System.arraycopy(END, 0, body, body.length - END.length, END.length);
    }
    beyond(file, body, type.length, type.length + length);
    int before = type.length > 0 ? 1 : 0;
    ExpositionParser p = ExpositionParsers.openMetrics(body, 0, body.length, ParserOptions.DEFAULT);
    try {
      ExpositionParser.Event e = p.next();
      while (e != ExpositionParser.Event.END) {
        if (e == ExpositionParser.Event.SERIES) {
          sample(p);
        }
        e = p.next();
      }
    } catch (ExpositionException e) {
      throw new IllegalArgumentException(
          file + ": " + placed(String.valueOf(e.getMessage()), before), e);
    }
    for (int i = 0; i < length; i++) {
      if (buf[i] == '\n') {
        line++;
        if (startsType(buf, i + 1, length)) {
          int to = i + 1;
          while (to < length && buf[to] != '\n') {
            to++;
          }
          type = Arrays.copyOfRange(buf, i + 1, Math.min(to + 1, length));
        }
      } else if (i == 0 && startsType(buf, 0, length)) {
        int to = 0;
        while (to < length && buf[to] != '\n') {
          to++;
        }
        type = Arrays.copyOfRange(buf, 0, Math.min(to + 1, length));
      }
    }
  }

  /** Reads the comments that contain samples, and blanks them out. */
  private void beyond(Path file, byte[] body, int from, int to) {
    long number = line;
    for (int at = from; at < to; number++) {
      int end = at;
      while (end < to && body[end] != '\n') {
        end++;
      }
      if (starts(body, at, end, BEYOND)) {
        int text = at + BEYOND.length;
        beyond.line(body, text, end - text, file + ": line " + number);
        System.arraycopy(NOTHING, 0, body, at, NOTHING.length);
        Arrays.fill(body, at + NOTHING.length, end, (byte) 'x');
      }
      at = end + 1;
    }
  }

  private static boolean startsType(byte[] buf, int at, int length) {
    return starts(buf, at, length, TYPE);
  }

  private static boolean starts(byte[] buf, int at, int end, byte[] with) {
    return end - at > with.length && Arrays.equals(buf, at, at + with.length, with, 0, with.length);
  }

  /** Line numbers of a piece become those of the file. */
  private String placed(String message, int before) {
    Matcher m = LINE.matcher(message);
    return m.find()
        ? "line " + (line - 1 + Long.parseLong(m.group(1)) - before) + message.substring(m.end())
        : message;
  }

  private void sample(ExpositionParser p) {
    if (!p.hasTimestamp()) {
      throw new ExpositionException("expected timestamp for series " + p.labels() + ", got none");
    }
    Key key = new Key(Arrays.copyOfRange(p.buffer(), p.keyOffset(), p.keyOffset() + p.keyLength()));
    Labels labels = known.get(key);
    if (labels == null) {
      labels = p.labels();
      if (!added.isEmpty()) {
        LabelsBuilder b = labels.toBuilder();
        added.forEach(b::set);
        labels = b.build();
      }
      if (known.size() >= MAX_KNOWN) {
        known.clear();
      }
      known.put(key, labels);
    }
    into.add(labels, 0, p.timestamp(), p.value());
  }
}

package dev.tethys.collect.logs.file;

import dev.tethys.model.file.FileAccess;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checkpoints on disk.
 *
 * <p>Format: UTF-8 lines. First {@code tethys-positions 2}. Then {@code beside} and, each after a
 * space, the hashes of the content last written into Promtail's file and of the content written
 * next: after a crash the file has one of them, and any other content was written by another
 * process. ({@code tethys-positions 1} lacks this line.) Then one checkpoint per line, with
 * tab-separated fields: device, inode, birth (nanoseconds, 0 unknown), offset, lines, length and
 * hash of the head, length and hash of the tail, flags ({@code m} inside a long line, {@code c}
 * decompressed, {@code l} Promtail's file has the same entry for the path), when it was last known
 * (milliseconds), path, source. In the last two {@code \\ \t \n \r} are a backslash, a tab and the
 * ends of lines. Numbers are decimal, hashes (XXH3, 64 bits) hexadecimal. Last {@code end} and the
 * hash of all bytes before it. The previous file is kept as {@code .previous}, for a disk that lost
 * acknowledged data.
 */
record CheckpointFile(FileAccess files, Path file) {
  private static final System.Logger LOG = JulLogger.of(CheckpointFile.class.getName());
  private static final String MAGIC = "tethys-positions 2\n";
  private static final String FIRST_MAGIC = "tethys-positions 1\n";
  private static final String BESIDE = "beside";
  private static final String END = "end ";
  private static final int FIELDS = 13;

  /**
   * Parsed file contents.
   *
   * @param siblings hashes of the states of Promtail's file that this process wrote
   */
  record Saved(Set<String> siblings, List<Checkpoint> checkpoints) {
    static final Saved NOTHING = new Saved(Set.of(), List.of());
  }

  /** Reads the checkpoints; a damaged file is replaced by the previous one. */
  Saved read() throws IOException {
    for (Path f : List.of(file, previous())) {
      if (files.exists(f)) {
        Saved found = parse(files.read(f));
        if (found != null) {
          return found;
        }
        LOG.log(Level.WARNING, "{0} is damaged and not used", f);
      }
    }
    return Saved.NOTHING;
  }

  void write(Set<String> siblings, Collection<Checkpoint> checkpoints) throws IOException {
    if (files.exists(file)) {
      files.delete(previous());
      files.link(file, previous());
    }
    files.replace(file, bytes(siblings, checkpoints));
  }

  /** Computes a hash that identifies the contents of Promtail's positions file. */
  static String hash(byte[] content) {
    return Long.toHexString(Checkpoint.hash(content, 0, content.length));
  }

  private Path previous() {
    return file.resolveSibling(file.getFileName() + ".previous");
  }

  static byte[] bytes(Set<String> siblings, Collection<Checkpoint> checkpoints) {
    StringBuilder sb = new StringBuilder(MAGIC).append(BESIDE);
    siblings.forEach(h -> sb.append(' ').append(h));
    sb.append('\n');
    for (Checkpoint c : checkpoints) {
      sb.append(c.id().device()).append('\t');
      sb.append(c.id().inode()).append('\t');
      sb.append(c.id().createdAt()).append('\t');
      sb.append(c.offset()).append('\t');
      sb.append(c.lines()).append('\t');
      sb.append(c.headLength()).append('\t');
      sb.append(Long.toHexString(c.headHash())).append('\t');
      sb.append(c.tailLength()).append('\t');
      sb.append(Long.toHexString(c.tailHash())).append('\t');
      sb.append(c.midLine() ? "m" : "");
      sb.append(c.compressed() ? "c" : "").append(c.listed() ? "l" : "").append('\t');
      sb.append(c.seen()).append('\t');
      escape(sb, c.path());
      sb.append('\t');
      escape(sb, c.source());
      sb.append('\n');
    }
    byte[] body = sb.toString().getBytes(StandardCharsets.UTF_8);
    sb.append(END).append(Long.toHexString(Checkpoint.hash(body, 0, body.length))).append('\n');
    return sb.toString().getBytes(StandardCharsets.UTF_8);
  }

  static @Nullable Saved parse(byte[] content) {
    String text = new String(content, StandardCharsets.UTF_8);
    int end = text.lastIndexOf('\n' + END);
    boolean first = text.startsWith(FIRST_MAGIC);
    if (!first && !text.startsWith(MAGIC + BESIDE) || end < 0) {
      return null;
    }
    String body = text.substring(0, end + 1);
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    String sum = text.substring(end + 1 + END.length()).strip();
    if (!sum.equals(Long.toHexString(Checkpoint.hash(bytes, 0, bytes.length)))) {
      return null;
    }
    List<Checkpoint> out = new ArrayList<>();
    Set<String> siblings = new HashSet<>();
    for (String line : body.substring(MAGIC.length()).split("\n")) {
      if (line.isEmpty()) {
        continue;
      }
      if (!first && line.startsWith(BESIDE) && line.indexOf('\t') < 0) {
        siblings.addAll(List.of(line.split(" ")).subList(1, line.split(" ").length));
        continue;
      }
      String[] f = line.split("\t", -1);
      if (f.length != FIELDS) {
        return null;
      }
      try {
        out.add(
            new Checkpoint(
                unescape(f[12]),
                unescape(f[11]),
                new FileId(Long.parseLong(f[0]), Long.parseLong(f[1]), Long.parseLong(f[2])),
                Long.parseLong(f[3]),
                Long.parseLong(f[4]),
                Integer.parseInt(f[5]),
                Long.parseUnsignedLong(f[6], 16),
                Integer.parseInt(f[7]),
                Long.parseUnsignedLong(f[8], 16),
                f[9].contains("m"),
                f[9].contains("c"),
                f[9].contains("l"),
                Long.parseLong(f[10])));
      } catch (NumberFormatException e) {
        return null;
      }
    }
    return new Saved(siblings, out);
  }

  private static void escape(StringBuilder sb, String s) {
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      switch (c) {
        case '\\' -> sb.append("\\\\");
        case '\t' -> sb.append("\\t");
        case '\n' -> sb.append("\\n");
        case '\r' -> sb.append("\\r");
        default -> sb.append(c);
      }
    }
  }

  private static String unescape(String s) {
    if (s.indexOf('\\') < 0) {
      return s;
    }
    StringBuilder sb = new StringBuilder();
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (c == '\\' && i + 1 < s.length()) {
        char n = s.charAt(++i);
        c = n == 't' ? '\t' : n == 'n' ? '\n' : n == 'r' ? '\r' : n;
      }
      sb.append(c);
    }
    return sb.toString();
  }
}

package dev.tethys.control.audit;

import dev.tethys.control.state.AppendOnlyFile;
import dev.tethys.control.text.Texts;
import dev.tethys.model.log.JulLogger;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Append-only log of changes in JSON lines, each with the hash of the previous line.
 *
 * <p>Format: a line is a JSON object with {@code sequence} (from 1, without gaps), {@code time}
 * (RFC 3339), {@code actor}, {@code action}, {@code target}, {@code reason}, {@code before}, {@code
 * after}, {@code previous} and, last, {@code hash}. {@code hash} is the SHA-256 in hexadecimal of
 * the bytes of the line up to and without {@code ,"hash":}; {@code previous} is the hash of the
 * previous line, 64 zeros in the first. A change, removal or insertion of a line breaks the chain;
 * a removal of the last lines is found by a comparison with a hash noted elsewhere.
 *
 * <p>An entry is on disk when {@link #append} returns.
 */
public final class AuditLog implements AutoCloseable {
  /** Name of its file in the data folder. */
  public static final String FILE = "audit.jsonl";

  static final String NO_HASH = "0".repeat(64);

  /** Action of the entry that notes state without entries. */
  static final String GAP = "audit.gap";

  private static final System.Logger LOG = JulLogger.of(AuditLog.class.getName());
  private static final String HASH = ",\"hash\":\"";

  /** End of a line that no line feed ends. */
  private static final String UNFINISHED = "\n";

  private static final int MAX_RECENT = 10_000;
  private static final int MAX_TEXT = 4096;

  /**
   * Verification result.
   *
   * @param entries number of entries found intact
   * @param last hash of the last of them
   * @param problem "" when the log is intact
   */
  public record Verification(long entries, String last, String problem) {
    private Verification with(Path file, List<String> gaps) {
      return !problem.isEmpty() || gaps.isEmpty()
          ? this
          : new Verification(
              entries,
              last,
              file
                  + " was emptied, cut off or replaced after "
                  + entries
                  + (entries == 1 ? " entry: " : " entries: ")
                  + String.join("; ", gaps));
    }
  }

  private final Path file;
  private final @Nullable Path data; // whose state the entries must explain
  private final List<String> gaps;
  private final InstantSource clock;
  private final AppendOnlyFile out;
  private final Deque<String> recent = new ArrayDeque<>(); // lines, the latest last
  private long sequence;
  private String last;

  /**
   * Opens a log, which is created when it does not exist.
   *
   * @throws IOException if it cannot be read or written, or is not intact
   */
  public AuditLog(Path file, InstantSource clock) throws IOException {
    this(file, clock, null);
  }

  private AuditLog(Path file, InstantSource clock, @Nullable Path data) throws IOException {
    this.file = file;
    this.data = data;
    this.clock = clock;
    AuditGaps state = data == null ? AuditGaps.NONE : AuditGaps.of(data);
    out = new AppendOnlyFile(file);
    String[] noted = {""};
    Verification v =
        verify(
            file,
            (line, entry) -> {
              keep(recent, line);
              state.take(entry);
              if (entry.path("action").asString("").equals(GAP)) {
                noted[0] = entry.path("reason").asString("");
              }
            });
    if (!v.problem().isEmpty()) {
      out.close();
      throw new IOException(
          v.problem() + "; move the file away to start a new log, and keep it as evidence");
    }
    sequence = v.entries();
    last = v.last();
    gaps = state.found();
    noteGaps(noted[0]);
  }

  /**
   * Opens the log of a data folder. State of the folder that its entries do not explain is logged,
   * and noted as an entry.
   *
   * @throws IOException if a file cannot be read or written, or the log is not intact
   */
  public static AuditLog of(Path data, InstantSource clock) throws IOException {
    return new AuditLog(data.resolve(FILE), clock, data);
  }

  private void noteGaps(String noted) throws IOException {
    gaps.forEach(
        g ->
            LOG.log(Level.WARNING, "Audit log found incomplete file={0} problem=\"{1}\"", file, g));
    String text = Texts.shortened(String.join("; ", gaps), MAX_TEXT);
    if (!gaps.isEmpty() && !text.equals(noted)) {
      append("system", GAP, "audit", text, Map.of(), Map.of());
    }
  }

  /** Returns the state not explained by existing entries when the log was opened. */
  public List<String> gaps() {
    return gaps;
  }

  /**
   * Checks the log of a data folder, and that its entries explain the state of the folder.
   *
   * @throws IOException if it is not the folder of a control plane, or cannot be read
   */
  public static Verification verifyFolder(Path data) throws IOException {
    Path file = data.resolve(FILE);
    if (!Files.isDirectory(data)) {
      throw new IOException(
          "the data folder "
              + data.toAbsolutePath()
              + " does not exist; name that of the control plane with --data");
    }
    AuditGaps state = AuditGaps.of(data);
    Verification v = verify(file, (line, entry) -> state.take(entry));
    if (v.problem().isEmpty() && !Files.exists(file)) {
      List<String> found = state.found();
      throw new IOException(
          "there is no "
              + file.toAbsolutePath()
              + (found.isEmpty()
                  ? ": the folder does not belong to a control plane; set --data to one that does"
                  : ": the log was removed or moved; " + String.join("; ", found)));
    }
    return v.with(file, state.found());
  }

  /** Checks the chain of a log. */
  public static Verification verify(Path file) throws IOException {
    return verify(file, (line, entry) -> {});
  }

  /**
   * Checks the chain of a log.
   *
   * @param entries receives each line that is intact, and its content
   */
  public static Verification verify(Path file, BiConsumer<String, JsonNode> entries)
      throws IOException {
    long n = 0;
    String previous = NO_HASH;
    if (!Files.exists(file)) {
      return new Verification(0, previous, "");
    }
    if (Files.isDirectory(file)) {
      throw new IOException(
          file.toAbsolutePath()
              + " is a folder, and must be the file of the audit log: move the folder away, and"
              + " restore the file");
    }
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      for (String line = line(in); line != null; line = line(in)) {
        JsonNode entry = parsed(line);
        String problem = problem(line, entry, n + 1, previous);
        if (!problem.isEmpty()) {
          return new Verification(n, previous, file + ":" + (n + 1) + ": " + problem);
        }
        n++;
        previous = hash(line);
        entries.accept(line, entry);
      }
    } catch (CharacterCodingException e) {
      return new Verification(n, previous, file + ":" + (n + 1) + ": the entry is not UTF-8");
    }
    return new Verification(n, previous, "");
  }

  /**
   * Reads a line without its line feed, which alone ends one: a reader of lines would take a log
   * with other line ends for the one that was written.
   *
   * @return null at the end of the file
   */
  private static @Nullable String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream(512);
    int b = in.read();
    if (b < 0) {
      return null;
    }
    while (b >= 0 && b != '\n') {
      line.write(b);
      b = in.read();
    }
    String text =
        StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line.toByteArray())).toString();
    return b < 0 ? text + UNFINISHED : text;
  }

  private static String hash(String line) {
    int at = line.lastIndexOf(HASH);
    return line.substring(at + HASH.length(), line.length() - 2);
  }

  private static JsonNode parsed(String line) {
    try {
      return JsonMapper.shared().readTree(line);
    } catch (JacksonException e) {
      return JsonMapper.shared().missingNode();
    }
  }

  private static String problem(String line, JsonNode n, long sequence, String previous) {
    if (line.endsWith("\r")) {
      return "the line ends with a carriage return: the file was rewritten with other line ends";
    }
    if (line.endsWith(UNFINISHED)) {
      return "the entry is cut off: its line does not end";
    }
    int at = line.lastIndexOf(HASH);
    if (at < 0 || line.length() != at + HASH.length() + 64 + 2 || !line.endsWith("\"}")) {
      return "the entry does not end with a hash";
    }
    if (!Texts.sha256(line.substring(0, at)).equals(hash(line))) {
      return "the entry was changed: its hash does not match";
    }
    if (!n.isObject()) {
      return "the entry is not JSON";
    }
    if (n.path("sequence").asLong(-1) != sequence) {
      return "the entry has the sequence number "
          + n.path("sequence").asLong(-1)
          + ", not "
          + sequence
          + ": entries were removed or inserted before it";
    }
    if (!n.path("previous").asString("").equals(previous)) {
      return "the entry does not follow the one before it: its previous hash does not match";
    }
    return "";
  }

  private static void keep(Deque<String> recent, String line) {
    if (recent.size() == MAX_RECENT) {
      recent.removeFirst();
    }
    recent.addLast(line);
  }

  /**
   * Entry to append.
   *
   * @param before state before the change, by name
   * @param after state after the change
   */
  public record Entry(
      String actor,
      String action,
      String target,
      String reason,
      Map<String, String> before,
      Map<String, String> after) {}

  /**
   * Appends an entry.
   *
   * @throws IOException if it is not on disk
   */
  public void append(
      String actor,
      String action,
      String target,
      String reason,
      Map<String, String> before,
      Map<String, String> after)
      throws IOException {
    append(List.of(new Entry(actor, action, target, reason, before, after)));
  }

  /**
   * Appends entries, all or none.
   *
   * @throws IOException if they are not on disk
   */
  public synchronized void append(List<Entry> entries) throws IOException {
    List<String> lines = new ArrayList<>();
    String time = Instant.ofEpochMilli(clock.millis()).toString();
    String previous = last;
    for (Entry e : entries) {
      ObjectNode n = JsonMapper.shared().createObjectNode();
      n.put("sequence", sequence + lines.size() + 1);
      n.put("time", time);
      n.put("actor", Texts.shortened(e.actor, MAX_TEXT));
      n.put("action", e.action);
      n.put("target", Texts.shortened(e.target, MAX_TEXT));
      n.put("reason", Texts.shortened(e.reason, MAX_TEXT));
      ObjectNode b = n.putObject("before");
      e.before.forEach((k, v) -> b.put(k, Texts.shortened(v, MAX_TEXT)));
      ObjectNode a = n.putObject("after");
      e.after.forEach((k, v) -> a.put(k, Texts.shortened(v, MAX_TEXT)));
      n.put("previous", previous);
      String open = n.toString();
      String body = open.substring(0, open.length() - 1);
      previous = Texts.sha256(body);
      lines.add(body + HASH + previous + "\"}");
    }
    out.append(lines);
    sequence += lines.size();
    last = previous;
    lines.forEach(line -> keep(recent, line));
  }

  /**
   * Returns entries as JSON, newest first.
   *
   * @param before only entries with a smaller sequence number
   * @param text only entries that contain it; "" for all
   */
  public synchronized List<String> latest(int most, long before, String text) {
    List<String> out = new ArrayList<>();
    long n = sequence;
    for (String line : (Iterable<String>) recent::descendingIterator) {
      if (n < before && (text.isEmpty() || line.contains(text))) {
        out.add(line);
        if (out.size() >= most) {
          break;
        }
      }
      n--;
    }
    return out;
  }

  /** Copies the entries that are on disk now. */
  public void copy(OutputStream to) throws IOException {
    long end;
    synchronized (this) {
      end = Files.size(file);
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] block = new byte[65_536];
      long remaining = end;
      while (remaining > 0) {
        int n = in.read(block, 0, (int) Math.min(block.length, remaining));
        if (n < 0) {
          return;
        }
        to.write(block, 0, n);
        remaining -= n;
      }
    }
  }

  /** Verifies the log on disk, up to the last acknowledged entry. */
  public Verification verify() throws IOException {
    // The state is read first: a change in the meantime has its entry before its state.
    AuditGaps state = data == null ? AuditGaps.NONE : AuditGaps.of(data);
    synchronized (this) {
      return verify(file, (line, entry) -> state.take(entry)).with(file, state.found());
    }
  }

  @Override
  public synchronized void close() throws IOException {
    out.close();
  }
}

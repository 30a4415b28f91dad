package dev.tethys.pipeline.receiver.log;

import com.google.re2j.PatternSyntaxException;
import dev.tethys.collect.logs.file.Decompression;
import dev.tethys.collect.logs.file.FileOptions;
import dev.tethys.collect.logs.file.FileRules;
import dev.tethys.collect.logs.file.Glob;
import dev.tethys.collect.logs.file.RecordEnds;
import dev.tethys.collect.logs.file.Truncation;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.operators.Sizes;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a {@code filelog} receiver.
 *
 * @param raw whether bodies are bytes ({@code encoding: nop})
 * @param header parser of the first lines of files; null if none
 * @param poll interval of checks of folders without change notifications
 */
record FileLogSettings(
    LogSettings common,
    Glob include,
    @Nullable Glob exclude,
    FileOptions options,
    boolean raw,
    boolean leading,
    boolean trailing,
    FileAttributes attributes,
    @Nullable HeaderAttributes header,
    Duration poll) {

  /** The keys. */
  static final class Keys {
    private static final Section MULTILINE =
        new Section(
            "multiline", "Records of several lines, recognized by their first or last line.");
    private static final Key<String> START =
        MULTILINE.key(
            "line_start_pattern",
            Type.STRING,
            "",
            "Regular expression of the first line of a record.");
    private static final Key<String> END =
        MULTILINE.key(
            "line_end_pattern", Type.STRING, "", "Regular expression of the end of a record.");
    private static final Key<Boolean> OMIT =
        MULTILINE.key(
            "omit_pattern", Type.BOOL, false, "If true, the matched text is omitted from records.");
    static final Type<RecordEnds> MULTILINE_TYPE = MULTILINE.type(Keys::multiline);

    private final Key<List<String>> include;
    private final Key<List<String>> exclude;
    private final Key<Duration> olderThan;
    private final Key<String> startAt;
    private final Key<RecordEnds> multiline;
    private final Key<Duration> flush;
    private final Key<String> encoding;
    private final Key<Boolean> leading;
    private final Key<Boolean> trailing;
    private final FileAttributes.Keys attributes;
    private final Key<Duration> poll;
    private final Key<Long> fingerprint;
    private final Key<Long> buffer;
    private final Key<Long> maxLogSize;
    private final Key<String> whenLonger;
    private final Key<Long> concurrent;
    private final Key<Long> maxBatches;
    private final Key<Boolean> delete;
    private final Key<String> compression;
    private final Key<FileOrder> order;
    private final Key<Long> archived;
    private final Key<Boolean> lock;
    private final Key<HeaderAttributes> header;
    private final Key<String> truncated;
    private final LogSettings.Keys common;

    Keys(Section s) {
      include =
          s.required("include", Type.list(Type.STRING), "Path patterns of the files to read.");
      exclude =
          s.key(
              "exclude",
              Type.list(Type.STRING),
              List.of(),
              "Path patterns of the files to exclude.");
      olderThan =
          s.key(
              "exclude_older_than",
              GoDurations.TYPE,
              Duration.ZERO,
              "Maximum age since the last change; older files are not read; 0 for no " + "limit.");
      startAt =
          s.key(
              "start_at",
              Type.oneOf("start_at", List.of("end", "beginning")),
              "end",
              "Start position in files that are present at the start and not known.");
      multiline = s.optional("multiline", MULTILINE_TYPE, "Records of several lines.");
      flush =
          s.key(
              "force_flush_period",
              GoDurations.TYPE,
              Duration.ofMillis(500),
              "Time after which an unfinished record is forwarded; 0 for never.");
      encoding = s.key("encoding", Type.STRING, "utf-8", "Text encoding of the files.");
      leading =
          s.key(
              "preserve_leading_whitespaces",
              Type.BOOL,
              false,
              "If true, leading white space is kept.");
      trailing =
          s.key(
              "preserve_trailing_whitespaces",
              Type.BOOL,
              false,
              "If true, trailing white space is kept.");
      attributes = new FileAttributes.Keys(s);
      poll =
          s.key(
              "poll_interval",
              GoDurations.TYPE,
              Duration.ofMillis(200),
              "Interval of checks where the kernel sends no change notifications.");
      fingerprint =
          s.key(
              "fingerprint_size",
              Sizes.TYPE,
              1000L,
              "No effect: a file is identified by device, inode, its first bytes and the bytes read last.");
      buffer =
          s.key(
              "initial_buffer_size", Sizes.TYPE, 16384L, "No effect: all files share one buffer.");
      maxLogSize =
          s.key("max_log_size", Sizes.TYPE, 1L << 20, "Maximum size of a record in bytes.");
      whenLonger =
          s.key(
              "max_log_size_behavior",
              Type.oneOf("max_log_size_behavior", List.of("split", "truncate")),
              "split",
              "Handling of longer records: split into several, or truncate.");
      concurrent =
          s.key(
              "max_concurrent_files",
              Type.INT,
              1024L,
              "No effect: files are read one after another.");
      maxBatches =
          s.key("max_batches", Type.INT, 0L, "No effect: files are read one after another.");
      delete =
          s.key(
              "delete_after_read",
              Type.BOOL,
              false,
              "If true, files are deleted after they are delivered.");
      compression =
          s.key(
              "compression",
              Type.oneOf("compression", List.of("", "gzip", "auto")),
              "",
              "Compression of the files; auto detects it by the first bytes, also bzip2, "
                  + "zlib and zstd.");
      order =
          s.optional(
              "ordering_criteria", FileOrder.TYPE, "Order in which only the first files are read.");
      archived =
          s.key(
              "polls_to_archive",
              Type.INT,
              0L,
              "No effect: with storage, positions of deleted files are kept for a day.");
      lock =
          s.key(
              "acquire_fs_lock",
              Type.BOOL,
              false,
              "If true, files are read only while no other process holds a lock "
                  + "(flock) on them.");
      header =
          s.optional(
              "header",
              HeaderAttributes.TYPE,
              "Header lines with metadata of the file, which are not records.");
      truncated =
          s.key(
              "on_truncate",
              Type.oneOf("on_truncate", List.of("read_whole_file", "read_new", "ignore")),
              "read_whole_file",
              "Handling of truncated files, which have a known beginning but are smaller than "
                  + "the read position: read all, only new data, or nothing until "
                  + "the file grows.");
      common = new LogSettings.Keys(s, true);
    }

    private static RecordEnds multiline(YamlObject o) {
      String start = o.get(START);
      String end = o.get(END);
      if (start.isEmpty() == end.isEmpty()) {
        throw o.error("multiline requires exactly one of line_start_pattern and line_end_pattern");
      }
      try {
        return new RecordEnds(start.isEmpty() ? end : start, !start.isEmpty(), o.get(OMIT));
      } catch (PatternSyntaxException e) {
        throw o.error(start.isEmpty() ? END : START, "not a regular expression: " + e.getMessage());
      }
    }

    private Glob glob(YamlObject o, Key<List<String>> key) {
      try {
        return Glob.anyOf(o.get(key));
      } catch (IllegalArgumentException e) {
        throw o.error(key, String.valueOf(e.getMessage()));
      }
    }

    FileLogSettings read(YamlObject o) {
      if (o.get(include).isEmpty()) {
        throw o.error(include, "include names no file");
      }
      if (o.get(fingerprint) < 16) {
        throw o.error(fingerprint, "fingerprint_size must be at least 16");
      }
      o.get(buffer);
      if (o.get(archived) < 0) {
        throw o.error(archived, "polls_to_archive must not be negative");
      }
      o.get(concurrent);
      o.get(maxBatches);
      boolean end = o.get(startAt).equals("end");
      if (end && o.get(delete)) {
        throw o.error(delete, "delete_after_read needs start_at: beginning");
      }
      long max = o.get(maxLogSize);
      if (max < 1 || max > 512 << 20) {
        throw o.error(maxLogSize, "max_log_size must be from 1 byte to 512 MiB");
      }
      HeaderAttributes first = o.find(header);
      if (end && first != null) {
        throw o.error(header, "header needs start_at: beginning");
      }
      Charset charset = charset(o, encoding);
      RecordEnds records = o.find(multiline);
      if (records != null) {
        checkRecords(o, multiline, charset);
      }
      FileAttributes added = attributes.read(o);
      FileOrder sorted = o.find(order);
      Duration age = o.get(olderThan);
      Duration after = o.get(flush);
      FileRules rules =
          new FileRules(
              records,
              end,
              o.get(delete),
              after.isZero() ? null : after,
              added.places(),
              FileOrder.selection(sorted, age),
              first == null ? null : first.lines(),
              o.get(lock),
              switch (o.get(truncated)) {
                case "ignore" -> Truncation.IGNORE;
                case "read_new" -> Truncation.NEW;
                default -> Truncation.WHOLE;
              },
              o.get(whenLonger).equals("split"));
      return new FileLogSettings(
          common.read(o),
          glob(o, include),
          o.get(exclude).isEmpty() ? null : glob(o, exclude),
          new FileOptions(
              charset,
              o.get(compression).isEmpty() ? null : Decompression.GZIP,
              Duration.ZERO,
              (int) max,
              rules),
          o.get(encoding).equals("nop"),
          o.get(leading),
          o.get(trailing),
          added,
          first,
          o.get(poll));
    }
  }

  /** Rejects multiline records if their boundaries cannot be found in encoded bytes. */
  static void checkRecords(YamlObject o, Key<RecordEnds> multiline, Charset charset) {
    if (charset.name().startsWith("UTF-") && !charset.name().equals("UTF-8")) {
      throw o.error(multiline, "multiline requires an encoding in which a line feed is one byte");
    }
  }

  /** Returns the encoding of a key, by the Collector's names and IANA's. */
  static Charset charset(YamlObject o, Key<String> key) {
    String name = o.get(key).toLowerCase(Locale.ROOT);
    return switch (name) {
      case "", "utf-8", "utf8", "utf-8-raw", "utf8-raw" -> StandardCharsets.UTF_8;
      // every byte is a character in ISO 8859-1, so bytes survive the round trip
      case "nop" -> StandardCharsets.ISO_8859_1;
      case "ascii", "us-ascii" -> StandardCharsets.US_ASCII;
      default -> {
        try {
          yield Charset.forName(name);
        } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
          throw o.error(key, "unknown encoding \"" + o.get(key) + "\"");
        }
      }
    };
  }
}

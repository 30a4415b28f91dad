package dev.tethys.pipeline.receiver.log;

import dev.tethys.collect.logs.file.FileOptions;
import dev.tethys.collect.logs.file.FileRules;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Creates {@code otlp_json_file} receivers. */
public final class OtlpFileReceiverFactory implements ReceiverFactory<FileLogSettings> {
  /** Default of max_log_size; requests are longer than log lines. */
  private static final int LONGEST = 64 << 20;

  /** Time after which an unterminated line is complete; used if force_flush_period is absent. */
  private static final Duration FLUSH = Duration.ofSeconds(5);

  private static final Section SECTION =
      new Section("otlp_json_file", "Reads files of OTLP in JSON, one request per line.");
  private static final FileLogSettings.Keys KEYS = new FileLogSettings.Keys(SECTION);

  /** Keys of log files that do not apply to requests. */
  private static final List<String> OF_LOGS =
      List.of(
          "operators",
          "attributes",
          "resource",
          "multiline",
          "header",
          "encoding",
          "preserve_leading_whitespaces",
          "preserve_trailing_whitespaces",
          "include_file_name",
          "include_file_path",
          "include_file_name_resolved",
          "include_file_path_resolved",
          "include_file_owner_name",
          "include_file_owner_group_name",
          "include_file_record_number",
          "include_file_record_offset");

  static {
    SECTION.notBuilt("replay_file", "Repeated reading of files.");
  }

  @Override
  public String type() {
    return "otlp_json_file";
  }

  @Override
  public List<String> aliases() {
    return List.of("otlpjsonfile");
  }

  @Override
  public String about() {
    return "Reads files of OTLP in JSON, a request a line; positions are saved when it is"
        + " delivered.";
  }

  @Override
  public Type<FileLogSettings> settings() {
    return SECTION.type(OtlpFileReceiverFactory::read);
  }

  private static FileLogSettings read(YamlObject o) {
    Map<String, YamlNode.Entry> written = o.node().entries();
    for (String key : OF_LOGS) {
      YamlNode.Entry e = written.get(key);
      if (e != null) {
        throw e.key().error("\"" + key + "\" applies to log lines only, not to OTLP requests");
      }
    }
    FileLogSettings s = KEYS.read(o);
    FileOptions f = s.options();
    FileRules r = f.rules();
    return new FileLogSettings(
        s.common(),
        s.include(),
        s.exclude(),
        new FileOptions(
            f.encoding(),
            f.decompression(),
            f.decompressionDelay(),
            written.containsKey("max_log_size") ? f.maxLine() : LONGEST,
            new FileRules(
                r.records(),
                r.fromEnd(),
                r.deleteWhenRead(),
                written.containsKey("force_flush_period") ? r.flush() : FLUSH,
                r.numbered(),
                r.selection(),
                r.header(),
                r.locked(),
                r.truncation(),
                r.splits(),
                OtlpFileReceiverFactory::isWhole)),
        s.raw(),
        s.leading(),
        s.trailing(),
        s.attributes(),
        s.header(),
        s.poll());
  }

  /**
   * Whether all JSON objects are closed; a program that writes in pieces can take a long time for
   * the next one.
   */
  static boolean isWhole(byte[] b, int from, int to) {
    int open = 0;
    boolean text = false;
    for (int i = from; i < to; i++) {
      switch (b[i]) {
        case '"' -> text = !text;
        case '\\' -> i += text ? 1 : 0;
        case '{', '[' -> open += text ? 0 : 1;
        case '}', ']' -> open -= text ? 0 : 1;
        default -> {}
      }
    }
    return open <= 0 && !text;
  }

  @Override
  public Set<Signal> signals() {
    return EnumSet.allOf(Signal.class);
  }

  @Override
  public boolean canWait() {
    return true;
  }

  @Override
  public Receiver create(FileLogSettings s, Map<Signal, Consumer> outputs, Context context) {
    return new OtlpFileReceiver(s, outputs, context);
  }
}

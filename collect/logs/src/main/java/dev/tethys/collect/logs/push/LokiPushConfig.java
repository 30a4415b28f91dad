package dev.tethys.collect.logs.push;

import dev.tethys.collect.logs.LabelMap;
import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.LogSourceConfig;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.config.ByteSize;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;

/**
 * A server of Loki's push API.
 *
 * @param keepTimes whether entries keep their sender's timestamps
 * @param maxBytes maximum size of a request, both compressed and decompressed
 */
public record LokiPushConfig(PushServer server, Labels labels, boolean keepTimes, int maxBytes)
    implements LogSourceConfig {
  private static final ByteSize DEFAULT_MOST = new ByteSize(100L << 20);
  private static final Section SECTION =
      new Section("loki_push_api", "Entries received through the push API of Loki.");
  private static final Key<PushServer> SERVER =
      SECTION.required("server", PushServer.TYPE, "Server that receives push requests.");
  private static final LabelMap LABELS = new LabelMap(SECTION);
  private static final Key<Boolean> TIMES =
      SECTION.key(
          "use_incoming_timestamp",
          Type.BOOL,
          false,
          "If true, entries use the timestamp of the sender.");
  private static final Key<ByteSize> MOST =
      SECTION.key("max_send_msg_size", Type.SIZE, DEFAULT_MOST, "Maximum size of a request.");

  /** The block in a configuration. */
  public static final Type<LokiPushConfig> TYPE = SECTION.type(LokiPushConfig::read);

  private static LokiPushConfig read(YamlObject o) {
    return new LokiPushConfig(
        o.get(SERVER),
        LABELS.read(o),
        o.get(TIMES),
        (int) Math.min(Integer.MAX_VALUE - 1024, o.get(MOST).bytes()));
  }

  @Override
  public String kind() {
    return "loki_push_api";
  }

  @Override
  public LogSource source(SourceContext context) {
    return new LokiPushSource(this, context);
  }
}

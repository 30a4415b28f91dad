package dev.tethys.collect.logs.push;

import dev.tethys.collect.logs.LabelMap;
import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.LogSourceConfig;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;
import java.time.Duration;

/**
 * A server to which Google's Pub/Sub pushes log entries.
 *
 * @param keepTimes whether entries have the time that Google says
 * @param wholeEntry whether the line is all of the entry, even where it has a text of its own
 */
public record GcpConfig(PushServer server, Labels labels, boolean keepTimes, boolean wholeEntry)
    implements LogSourceConfig {
  private static final Section SECTION =
      new Section("gcplog", "Log entries of Google's cloud, by Pub/Sub.");
  private static final Key<String> SUBSCRIPTION_TYPE =
      SECTION.key("subscription_type", Type.STRING, "pull", "push; pull is not built.");
  private static final Key<PushServer> SERVER =
      SECTION.optional("server", PushServer.TYPE, "Where it listens.");
  private static final LabelMap LABELS = new LabelMap(SECTION);
  private static final Key<Boolean> TIMES =
      SECTION.key(
          "use_incoming_timestamp", Type.BOOL, false, "Entries have the time that Google says.");
  private static final Key<Boolean> WHOLE =
      SECTION.key(
          "use_full_line", Type.BOOL, false, "The line is the whole entry, not its textPayload.");

  static {
    SECTION.key("project_id", Type.STRING, "", "Used by pull alone.");
    SECTION.key("subscription", Type.STRING, "", "Used by pull alone.");
    SECTION.key(
        "push_timeout",
        GoDurations.TYPE,
        Duration.ZERO,
        "Without effect: a request waits until its entry is delivered, 30 seconds at most.");
  }

  /** The block in a configuration. */
  public static final Type<GcpConfig> TYPE = SECTION.type(GcpConfig::read);

  private static GcpConfig read(YamlObject o) {
    String type = o.get(SUBSCRIPTION_TYPE);
    if (!type.equals("push") && !type.equals("pull")) {
      throw o.error(
          SUBSCRIPTION_TYPE, "invalid subscription type: " + type + ", it is push or pull");
    }
    PushServer server = o.find(SERVER);
    if (type.equals("pull")) {
      YamlNode n = o.at(SUBSCRIPTION_TYPE);
      (n == null ? o.node() : n).notBuilt("gcplog.subscription_type pull");
      server = new PushServer("", 0, "", null, ServerLimits.DEFAULT);
    } else if (server == null) {
      throw o.error(SERVER, "server is wanted with subscription_type push");
    }
    return new GcpConfig(server, LABELS.read(o), o.get(TIMES), o.get(WHOLE));
  }

  @Override
  public String kind() {
    return "gcplog";
  }

  @Override
  public LogSource source(SourceContext context) {
    return new GcpSource(this, context);
  }
}

package dev.tethys.collect.logs.push;

import dev.tethys.collect.logs.LabelMap;
import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.LogSourceConfig;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Log entries of Google's cloud by its Pub/Sub: pushed to a server, or pulled.
 *
 * @param server null for pulling
 * @param subscription its full name, {@code projects/P/subscriptions/S}; "" if messages are pushed
 * @param keepTimes whether entries keep Google's timestamps
 * @param wholeEntry whether the line is the entire entry, even if the entry has its own text
 */
public record GcpConfig(
    @Nullable PushServer server,
    String project,
    String subscription,
    Labels labels,
    boolean keepTimes,
    boolean wholeEntry)
    implements LogSourceConfig {
  private static final Section SECTION =
      new Section("gcplog", "Log entries of Google Cloud, through Pub/Sub.");
  private static final Key<String> SUBSCRIPTION_TYPE =
      SECTION.key("subscription_type", Type.STRING, "pull", "pull or push.");
  private static final Key<PushServer> SERVER =
      SECTION.optional("server", PushServer.TYPE, "Server that receives push requests.");
  private static final LabelMap LABELS = new LabelMap(SECTION);
  private static final Key<Boolean> TIMES =
      SECTION.key(
          "use_incoming_timestamp",
          Type.BOOL,
          false,
          "If true, entries use the timestamp of the log entry.");
  private static final Key<Boolean> WHOLE =
      SECTION.key(
          "use_full_line",
          Type.BOOL,
          false,
          "If true, the line is the whole log entry, not its textPayload.");

  private static final Key<String> PROJECT =
      SECTION.key("project_id", Type.STRING, "", "GCP project ID, with pull.");
  private static final Key<String> SUBSCRIPTION =
      SECTION.key(
          "subscription",
          Type.STRING,
          "",
          "Name of the Pub/Sub subscription in the project, with pull.");

  static {
    SECTION.key(
        "push_timeout",
        GoDurations.TYPE,
        Duration.ZERO,
        "Ignored: a request waits until its entry is delivered, 30 seconds at most.");
  }

  /** The block in a configuration. */
  public static final Type<GcpConfig> TYPE = SECTION.type(GcpConfig::read);

  private static GcpConfig read(YamlObject o) {
    String type = o.get(SUBSCRIPTION_TYPE);
    if (!type.equals("push") && !type.equals("pull")) {
      throw o.error(
          SUBSCRIPTION_TYPE, "invalid subscription type: " + type + ", it is push or pull");
    }
    if (type.equals("push")) {
      PushServer server = o.find(SERVER);
      if (server == null) {
        throw o.error(SERVER, "server is required with subscription_type push");
      }
      return new GcpConfig(server, "", "", LABELS.read(o), o.get(TIMES), o.get(WHOLE));
    }
    for (Key<String> k : List.of(PROJECT, SUBSCRIPTION)) {
      if (!o.get(k).matches("[A-Za-z0-9][A-Za-z0-9:._~+%-]{2,254}")) {
        throw o.error(
            k, k.name() + " is required with subscription_type pull, not \"" + o.get(k) + "\"");
      }
    }
    String name = "projects/" + o.get(PROJECT) + "/subscriptions/" + o.get(SUBSCRIPTION);
    return new GcpConfig(null, o.get(PROJECT), name, LABELS.read(o), o.get(TIMES), o.get(WHOLE));
  }

  @Override
  public String kind() {
    return "gcplog";
  }

  @Override
  public LogSource source(SourceContext context) {
    PushServer s = server;
    return s == null
        ? new GcpPullSource(this, PubSub.of(this, context.http(), System.getenv()), context)
        : new GcpSource(this, s, context);
  }
}

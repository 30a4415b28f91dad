package dev.tethys.pipeline.extension.opamp;

import dev.tethys.codec.opamp.AgentToServer.Capability;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.client.ClientKeys;
import dev.tethys.pipeline.client.ClientTlsSettings;
import dev.tethys.pipeline.client.HttpClientSettings;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.opamp.InstanceUid;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Extension settings.
 *
 * @param uid null for a generated one
 * @param capabilities bits of {@link Capability}
 * @param attributes reported in addition to detected ones
 * @param resource whether resource attributes of the process's own telemetry are reported
 * @param parent process whose end stops this one; 0 if none
 * @param parentInterval interval between checks of the parent process
 */
public record OpampSettings(
    Server server,
    @Nullable UUID uid,
    long capabilities,
    Map<String, String> attributes,
    boolean resource,
    long parent,
    Duration parentInterval) {
  /**
   * Server address.
   *
   * @param polling polling interval of a server of plain HTTP; null for a WebSocket
   */
  public record Server(
      URI endpoint,
      TlsConfig tls,
      Map<String, Secret> headers,
      @Nullable Reference auth,
      @Nullable Duration polling) {}

  private static final Duration POLLING = Duration.ofSeconds(30);

  /** Configuration keys of one transport. */
  private static final class Way {
    final Section section;
    private final Key<String> endpoint;
    private final Key<ClientTlsSettings> tls;
    private final Key<Map<String, Secret>> headers;
    private final Key<Reference> auth;
    private final @Nullable Key<Duration> polling;
    private final List<String> schemes;

    Way(Section s, boolean polls, List<String> schemes) {
      this.section = s;
      this.schemes = schemes;
      endpoint = s.key("endpoint", Type.STRING, "", "URL of the server.");
      tls =
          s.key(
              "tls",
              ClientTlsSettings.TYPE,
              ClientTlsSettings.DEFAULT,
              "TLS settings of the client.");
      headers = s.key("headers", ClientKeys.HEADERS, Map.of(), "Headers of every request.");
      auth = s.optional("auth", Reference.TYPE, "Extension that authenticates the requests.");
      polling =
          polls
              ? s.key(
                  "polling_interval",
                  GoDurations.TYPE,
                  POLLING,
                  "Polling interval of the server; 0 for 30s.")
              : null;
    }

    Server read(YamlObject o) {
      String text = o.get(endpoint);
      if (text.isEmpty()) {
        throw o.error("opamp server endpoint must be provided");
      }
      URI url = HttpClientSettings.Keys.url(o, endpoint, text);
      if (!schemes.contains(url.getScheme())) {
        throw o.error(
            endpoint,
            section.name()
                + ".endpoint must be a URL that begins with "
                + String.join(":// or ", schemes)
                + "://, not \""
                + text
                + "\"");
      }
      Duration every = polling == null ? null : o.get(polling);
      return new Server(
          url,
          o.get(tls).config(),
          o.get(headers),
          o.find(auth),
          every != null && every.isZero() ? POLLING : every);
    }
  }

  private static final Way WS =
      new Way(new Section("ws", "Connection over a WebSocket."), false, List.of("ws", "wss"));
  private static final Way HTTP =
      new Way(
          new Section("http", "Connection over plain HTTP with polling."),
          true,
          List.of("http", "https"));

  private static final Section SERVER = new Section("server", "Connection to the server.");
  private static final Key<Server> SERVER_WS =
      SERVER.optional("ws", WS.section.type(WS::read), "Connection over a WebSocket.");
  private static final Key<Server> SERVER_HTTP =
      SERVER.optional(
          "http", HTTP.section.type(HTTP::read), "Connection over plain HTTP with polling.");

  private static final Section CAPABILITIES =
      new Section("capabilities", "Capabilities reported to the server.");
  private static final Key<Boolean> CONFIG =
      CAPABILITIES.key(
          "reports_effective_config",
          Type.BOOL,
          true,
          "If true, the effective configuration is reported, with secrets masked.");
  private static final Key<Boolean> HEALTH =
      CAPABILITIES.key(
          "reports_health", Type.BOOL, true, "If true, the health of components is reported.");
  private static final Key<Boolean> COMPONENTS =
      CAPABILITIES.key(
          "reports_available_components",
          Type.BOOL,
          true,
          "If true, the available components are reported.");
  private static final Key<Boolean> HEARTBEAT =
      CAPABILITIES.key(
          "reports_heartbeat",
          Type.BOOL,
          false,
          "If true, heartbeats are sent at the interval that the server sets.");
  private static final Key<Boolean> RESTART =
      CAPABILITIES.key("accepts_restart_command", Type.BOOL, false, "Only false is accepted.");

  private static final Section DESCRIPTION =
      new Section("agent_description", "Reported description of this process.");
  private static final Key<Map<String, String>> ATTRIBUTES =
      DESCRIPTION.key(
          "non_identifying_attributes",
          Type.map(Type.STRING),
          Map.of(),
          "Attributes reported in addition to the detected ones, or instead of "
              + "those with the same name.");
  private static final Key<Boolean> RESOURCE =
      DESCRIPTION.key(
          "include_resource_attributes",
          Type.BOOL,
          false,
          "If true, the attributes of service.telemetry.resource are reported " + "too.");

  private record Described(Map<String, String> attributes, boolean resource) {}

  private static final Section SECTION =
      new Section("opamp", "Reports the state of this process to an OpAMP server.");
  private static final Key<Server> TO =
      SECTION.optional("server", SERVER.type(OpampSettings::server), "Connection to the server.");
  private static final Key<String> UID =
      SECTION.key(
          "instance_uid", Type.STRING, "", "Instance ID, a UUID or ULID; generated if empty.");
  private static final Key<Long> CAN =
      SECTION.key(
          "capabilities",
          CAPABILITIES.type(OpampSettings::capabilities),
          Capability.REPORTS_STATUS
              | Capability.REPORTS_EFFECTIVE_CONFIG
              | Capability.REPORTS_HEALTH
              | Capability.REPORTS_AVAILABLE_COMPONENTS,
          "Capabilities reported to the server.");
  private static final Key<Described> DESCRIBED =
      SECTION.key(
          "agent_description",
          DESCRIPTION.type(o -> new Described(o.get(ATTRIBUTES), o.get(RESOURCE))),
          new Described(Map.of(), false),
          "Reported description of this process.");
  private static final Key<Long> PARENT =
      SECTION.key(
          "ppid",
          Type.INT,
          0L,
          "ID of the parent process; this process stops when it ends; 0 for none.");
  private static final Key<Duration> PARENT_INTERVAL =
      SECTION.key(
          "ppid_poll_interval",
          GoDurations.TYPE,
          Duration.ofSeconds(5),
          "Interval between checks of the parent process.");

  static final Type<OpampSettings> TYPE = SECTION.type(OpampSettings::read);

  private static Server server(YamlObject o) {
    YamlNode ws = o.at(SERVER_WS);
    YamlNode http = o.at(SERVER_HTTP);
    boolean socket = ws != null && !ws.isNull();
    boolean polled = http != null && !http.isNull();
    if (socket && polled) {
      throw o.error("opamp server must have only ws or http set");
    }
    Server s = socket ? o.find(SERVER_WS) : polled ? o.find(SERVER_HTTP) : null;
    if (s == null) {
      throw o.error("opamp server must have at least ws or http set");
    }
    return s;
  }

  private static long capabilities(YamlObject o) {
    if (o.get(RESTART)) {
      throw o.error(
          RESTART,
          "accepts_restart_command: a server cannot restart this process; its supervisor can,"
              + " and SIGHUP or POST /-/reload take a changed configuration");
    }
    Map<Key<Boolean>, Long> bits = new LinkedHashMap<>();
    bits.put(CONFIG, Capability.REPORTS_EFFECTIVE_CONFIG);
    bits.put(HEALTH, Capability.REPORTS_HEALTH);
    bits.put(COMPONENTS, Capability.REPORTS_AVAILABLE_COMPONENTS);
    bits.put(HEARTBEAT, Capability.REPORTS_HEARTBEAT);
    long out = Capability.REPORTS_STATUS;
    for (Map.Entry<Key<Boolean>, Long> e : bits.entrySet()) {
      out |= o.get(e.getKey()) ? e.getValue() : 0;
    }
    return out;
  }

  private static OpampSettings read(YamlObject o) {
    Server to = o.find(TO);
    if (to == null) {
      throw o.error("opamp server must have at least ws or http set");
    }
    UUID uid = null;
    String written = o.get(UID);
    if (!written.isEmpty()) {
      uid = InstanceUid.parse(written);
      if (uid == null) {
        throw o.error(
            UID,
            "opamp instance_uid is invalid: it must be a UUID of 36 characters or a ULID of 26, not"
                + " \""
                + written
                + "\"");
      }
    }
    long parent = o.get(PARENT);
    if (parent < 0 || parent > Integer.MAX_VALUE) {
      throw o.error(PARENT, "ppid must be the number of a process, or 0 for none");
    }
    Duration interval = o.get(PARENT_INTERVAL);
    if (interval.isZero()) {
      throw o.error(PARENT_INTERVAL, "ppid_poll_interval must be greater than 0");
    }
    Described d = o.get(DESCRIBED);
    return new OpampSettings(to, uid, o.get(CAN), d.attributes(), d.resource(), parent, interval);
  }

  /** Whether the agent reports anything. */
  boolean reports(long capability) {
    return (capabilities & capability) != 0;
  }
}

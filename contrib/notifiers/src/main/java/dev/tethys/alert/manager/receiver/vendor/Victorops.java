package dev.tethys.alert.manager.receiver.vendor;

import dev.tethys.alert.manager.receiver.ConfigTypes;
import dev.tethys.alert.manager.receiver.GlobalConfig;
import dev.tethys.alert.manager.receiver.HttpReceiverKind;
import dev.tethys.alert.manager.receiver.HttpSender;
import dev.tethys.alert.manager.receiver.JsonObject;
import dev.tethys.alert.manager.receiver.Notifier;
import dev.tethys.alert.manager.receiver.NotifierContext;
import dev.tethys.alert.manager.receiver.NotifyException;
import dev.tethys.alert.manager.receiver.TemplateExpander;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.io.IOException;
import java.net.URI;
import java.util.Map;
import java.util.Set;

/** An alert of VictorOps (Splunk On-Call). */
public final class Victorops extends HttpReceiverKind {
  private static final int MAX_MESSAGE = 20480;
  private static final Set<String> TYPES = Set.of("INFO", "WARNING", "CRITICAL");
  private static final Set<String> FIXED =
      Set.of(
          "routing_key",
          "message_type",
          "state_message",
          "entity_display_name",
          "monitoring_tool",
          "entity_id",
          "entity_state");

  private final Key<Secret> apiKey =
      section.key("api_key", Type.SECRET, Secret.NONE, "API key; the global setting by default.");
  private final Key<String> apiKeyFile =
      section.key("api_key_file", Type.STRING, "", "File of the API key.");
  private final Key<URI> apiUrl =
      section.optional(
          "api_url", ConfigTypes.URL, "URL of the API; the global setting by default.");
  private final Key<String> routingKey =
      section.key("routing_key", Type.STRING, "", "Routing key of the team.");
  private final Key<String> messageType =
      section.key(
          "message_type",
          Type.STRING,
          "CRITICAL",
          "Message type of a firing alert: CRITICAL, WARNING or INFO.");
  private final Key<String> stateMessage =
      section.key(
          "state_message",
          Type.STRING,
          "{{ template \"victorops.default.state_message\" . }}",
          "Long description, at most 20,480 bytes.");
  private final Key<String> entityDisplayName =
      section.key(
          "entity_display_name",
          Type.STRING,
          "{{ template \"victorops.default.entity_display_name\" . }}",
          "Summary of the alert.");
  private final Key<String> monitoringTool =
      section.key(
          "monitoring_tool",
          Type.STRING,
          "{{ template \"victorops.default.monitoring_tool\" . }}",
          "Name of the monitoring tool.");
  private final Key<Map<String, String>> customFields =
      section.key("custom_fields", Type.map(Type.STRING), Map.of(), "Further fields.");

  public Victorops() {
    super("victorops", true, "Alert for VictorOps (Splunk On-Call).");
  }

  @Override
  public void check(YamlObject o, GlobalConfig g) {
    if (!isSet(o, routingKey)) {
      throw o.error("missing Routing key in VictorOps config");
    }
    atMostOne(o, apiKey, apiKeyFile);
    for (String field : o.get(customFields).keySet()) {
      if (FIXED.contains(field)) {
        throw o.error(
            customFields,
            "victorOps config contains custom field "
                + field
                + " which cannot be used as it conflicts with the fixed/static fields");
      }
    }
    boolean own = isSet(o, apiKey) || isSet(o, apiKeyFile);
    boolean global =
        g.has(GlobalConfig.VICTOROPS_API_KEY) || g.has(GlobalConfig.VICTOROPS_API_KEY_FILE);
    if (!own && !global) {
      throw o.error("no global VictorOps API Key set");
    }
  }

  @Override
  public Notifier open(YamlObject o, GlobalConfig g, NotifierContext context) throws IOException {
    HttpSender http = new HttpSender(context, http(o, g), Set.of(429));
    URI own = o.find(apiUrl);
    String base = HttpSender.folder(own == null ? g.get(GlobalConfig.VICTOROPS_API_URL) : own);
    return (n, limit) -> {
      TemplateExpander t = new TemplateExpander(context.templates(), o, n);
      String type = t.of(messageType);
      String shown = !n.isFiring() ? "RECOVERY" : TYPES.contains(type) ? type : "CRITICAL";
      JsonObject body =
          new JsonObject()
              .put("message_type", shown)
              .put("entity_id", n.groupHash())
              .put("entity_display_name", t.of(entityDisplayName))
              .put("state_message", TemplateExpander.runes(t.of(stateMessage), MAX_MESSAGE))
              .put("monitoring_tool", t.of(monitoringTool));
      o.get(customFields).forEach((k, v) -> body.put(k, t.of(v)));
      http.postJson(base + key(o, g) + "/" + t.of(routingKey), body.text(), limit);
    };
  }

  private String key(YamlObject o, GlobalConfig g) throws NotifyException {
    boolean own = isSet(o, apiKey) || isSet(o, apiKeyFile);
    return own
        ? HttpSender.secret(o.get(apiKey), o.get(apiKeyFile))
        : HttpSender.secret(
            g.get(GlobalConfig.VICTOROPS_API_KEY), g.get(GlobalConfig.VICTOROPS_API_KEY_FILE));
  }
}

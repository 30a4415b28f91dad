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
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.web.client.ClientRequest;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** An alert of Opsgenie. */
public final class Opsgenie extends HttpReceiverKind {
  private static final int MAX_MESSAGE = 130;

  /** Alert responder. */
  private static final class Responder {
    private static final Section SECTION = new Section("responder", "Responder.");
    static final Key<String> ID =
        SECTION.key("id", Type.STRING, "", "ID of the responder, instead of name or username.");
    static final Key<String> NAME =
        SECTION.key("name", Type.STRING, "", "Name of the responder, instead of id or username.");
    static final Key<String> USERNAME =
        SECTION.key(
            "username", Type.STRING, "", "Username of the responder, instead of id or name.");
    static final Key<String> TYPE_KEY =
        SECTION.key("type", Type.STRING, "", "Type: team, teams, user, escalation or schedule.");
    static final Set<String> TYPES = Set.of("team", "teams", "user", "escalation", "schedule");
    static final Type<YamlObject> TYPE = SECTION.type(Responder::check);

    private static YamlObject check(YamlObject o) {
      o.readAll();
      if (!isSet(o, ID) && !isSet(o, NAME) && !isSet(o, USERNAME)) {
        throw o.error(
            "opsGenieConfig responder has to have at least one of id, username or name specified");
      }
      String type = o.get(TYPE_KEY);
      if (!type.contains("{{") && !TYPES.contains(type.toLowerCase(Locale.ROOT))) {
        throw o.error(
            TYPE_KEY,
            "opsGenieConfig responder type does not match valid options"
                + " ^(team|teams|user|escalation|schedule)$");
      }
      return o;
    }
  }

  private final Key<Secret> apiKey =
      section.key("api_key", Type.SECRET, Secret.NONE, "API key; the global setting by default.");
  private final Key<String> apiKeyFile =
      section.key("api_key_file", Type.STRING, "", "File of the API key.");
  private final Key<URI> apiUrl =
      section.optional(
          "api_url", ConfigTypes.URL, "URL of the API; the global setting by default.");
  private final Key<String> message =
      section.key(
          "message",
          Type.STRING,
          "{{ template \"opsgenie.default.message\" . }}",
          "Message, at most 130 characters.");
  private final Key<String> description =
      section.key(
          "description",
          Type.STRING,
          "{{ template \"opsgenie.default.description\" . }}",
          "Description.");
  private final Key<String> source =
      section.key("source", Type.STRING, "{{ template \"opsgenie.default.source\" . }}", "Source.");
  private final Key<Map<String, String>> details =
      section.key("details", Type.map(Type.STRING), Map.of(), "Further properties.");
  private final Key<String> entity =
      section.key("entity", Type.STRING, "", "Entity that the alert relates to.");
  private final Key<List<YamlObject>> responders =
      section.key("responders", Type.list(Responder.TYPE), List.of(), "Responders of the alert.");
  private final Key<String> actions =
      section.key("actions", Type.STRING, "", "Actions, separated by commas.");
  private final Key<String> tags =
      section.key("tags", Type.STRING, "", "Tags, separated by commas.");
  private final Key<String> note = section.key("note", Type.STRING, "", "Note.");
  private final Key<String> priority =
      section.key("priority", Type.STRING, "", "Priority, P1 to P5.");
  private final Key<Boolean> updateAlerts =
      section.key(
          "update_alerts",
          Type.BOOL,
          false,
          "If true, message and description of an open alert are updated.");

  public Opsgenie() {
    super("opsgenie", true, "Alert for Opsgenie.");
  }

  @Override
  public void check(YamlObject o, GlobalConfig g) {
    atMostOne(o, apiKey, apiKeyFile);
    boolean own = isSet(o, apiKey) || isSet(o, apiKeyFile);
    boolean global =
        g.has(GlobalConfig.OPSGENIE_API_KEY) || g.has(GlobalConfig.OPSGENIE_API_KEY_FILE);
    if (!own && !global) {
      throw o.error("no global OpsGenie API Key set either inline or in a file");
    }
  }

  @Override
  public Notifier open(YamlObject o, GlobalConfig g, NotifierContext context) throws IOException {
    HttpSender http = new HttpSender(context, http(o, g), Set.of(429));
    URI own = o.find(apiUrl);
    String base = HttpSender.folder(own == null ? g.get(GlobalConfig.OPSGENIE_API_URL) : own);
    return (n, limit) -> {
      TemplateExpander t = new TemplateExpander(context.templates(), o, n);
      String key = t.of(key(o, g)).strip();
      String alias = n.groupHash();
      String byAlias = base + "v2/alerts/" + alias;
      if (!n.isFiring()) {
        JsonObject body = new JsonObject().put("source", t.of(source));
        send(http, "POST", byAlias + "/close?identifierType=alias", body, key, limit);
        return;
      }
      Map<String, String> facts = new TreeMap<>(n.data().commonLabels().map());
      o.get(details).forEach((k, v) -> facts.put(k, t.of(v)));
      String text = TemplateExpander.runes(t.of(message), MAX_MESSAGE);
      String described = t.of(description);
      JsonObject body =
          new JsonObject()
              .put("alias", alias)
              .put("message", text)
              .add("description", described)
              .put("details", facts)
              .put("source", t.of(source))
              .add("responders", responders(o, t))
              .add("tags", split(t.of(tags)))
              .add("note", t.of(note))
              .add("priority", t.of(priority))
              .add("entity", t.of(entity))
              .add("actions", split(t.of(actions)));
      send(http, "POST", base + "v2/alerts", body, key, limit);
      if (o.get(updateAlerts)) {
        JsonObject m = new JsonObject().add("message", text);
        send(http, "PUT", byAlias + "/message?identifierType=alias", m, key, limit);
        JsonObject d = new JsonObject().add("description", described);
        send(http, "PUT", byAlias + "/description?identifierType=alias", d, key, limit);
      }
    };
  }

  private String key(YamlObject o, GlobalConfig g) throws NotifyException {
    boolean own = isSet(o, apiKey) || isSet(o, apiKeyFile);
    return own
        ? HttpSender.secret(o.get(apiKey), o.get(apiKeyFile))
        : HttpSender.secret(
            g.get(GlobalConfig.OPSGENIE_API_KEY), g.get(GlobalConfig.OPSGENIE_API_KEY_FILE));
  }

  private static void send(
      HttpSender http, String method, String url, JsonObject body, String key, Duration limit)
      throws NotifyException, InterruptedException {
    ClientRequest call =
        new ClientRequest(
            method,
            HttpSender.uri(url),
            Map.of("Content-Type", "application/json", "Authorization", "GenieKey " + key),
            body.text().getBytes(StandardCharsets.UTF_8),
            limit,
            null);
    http.send(call, limit);
  }

  private List<Map<String, @Nullable Object>> responders(YamlObject o, TemplateExpander t) {
    List<Map<String, @Nullable Object>> out = new ArrayList<>();
    for (YamlObject r : o.get(responders)) {
      String type = t.of(r.get(Responder.TYPE_KEY)).toLowerCase(Locale.ROOT);
      String name = t.of(r.get(Responder.NAME));
      if (type.equals("teams")) {
        for (String team : split(name)) {
          out.add(new JsonObject().put("name", team).put("type", "team").map());
        }
        continue;
      }
      out.add(
          new JsonObject()
              .add("id", t.of(r.get(Responder.ID)))
              .add("name", name)
              .add("username", t.of(r.get(Responder.USERNAME)))
              .put("type", type)
              .map());
    }
    return out;
  }

  private static List<String> split(String s) {
    return Arrays.stream(s.strip().split(",")).filter(x -> !x.isEmpty()).toList();
  }
}

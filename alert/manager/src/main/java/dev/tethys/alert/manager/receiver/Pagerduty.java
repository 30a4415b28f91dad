package dev.tethys.alert.manager.receiver;

import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** An event of PagerDuty. */
final class Pagerduty extends HttpReceiverKind {
  /** Maximum event size of PagerDuty in bytes. */
  static final int MAX_EVENT_BYTES = 512_000;

  private static final int MAX_SUMMARY = 1024;
  private static final String TOO_LARGE =
      "Custom details have been removed because the original event exceeds the maximum size of"
          + " 512KB";
  private static final Map<String, String> DETAILS =
      Map.of(
          "firing", "{{ .Alerts.Firing | toJson }}",
          "resolved", "{{ .Alerts.Resolved | toJson }}",
          "num_firing", "{{ .Alerts.Firing | len }}",
          "num_resolved", "{{ .Alerts.Resolved | len }}");

  private static final Section IMAGE = new Section("pagerduty_image", "Image of the event.");
  private static final Key<String> SRC = IMAGE.key("src", Type.STRING, "", "URL of the image.");
  private static final Key<String> ALT = IMAGE.key("alt", Type.STRING, "", "Alternative text.");
  private static final Key<String> IMAGE_HREF = IMAGE.key("href", Type.STRING, "", "Link target.");
  private static final Section LINK = new Section("pagerduty_link", "Link of the event.");
  private static final Key<String> HREF = LINK.key("href", Type.STRING, "", "Link target.");
  private static final Key<String> LINK_TEXT =
      LINK.key("text", Type.STRING, "", "Text of the link.");

  private final Key<Secret> serviceKey =
      section.key("service_key", Type.SECRET, Secret.NONE, "Integration key of API v1.");
  private final Key<String> serviceKeyFile =
      section.key("service_key_file", Type.STRING, "", "File of the service key.");
  private final Key<Secret> routingKey =
      section.key("routing_key", Type.SECRET, Secret.NONE, "Integration key of API v2.");
  private final Key<String> routingKeyFile =
      section.key("routing_key_file", Type.STRING, "", "File of the routing key.");
  private final Key<URI> url =
      section.optional("url", ConfigTypes.URL, "URL of the API; the global setting by default.");
  private final Key<String> client =
      section.key(
          "client",
          Type.STRING,
          "{{ template \"pagerduty.default.client\" . }}",
          "Name of the monitoring client.");
  private final Key<String> clientUrl =
      section.key(
          "client_url",
          Type.STRING,
          "{{ template \"pagerduty.default.clientURL\" . }}",
          "URL of the monitoring client.");
  private final Key<String> description =
      section.key(
          "description",
          Type.STRING,
          "{{ template \"pagerduty.default.description\" . }}",
          "Description, at most 1,024 characters.");
  private final Key<YamlNode> details =
      section.optional(
          "details", Type.ANY, "Further details, firing and resolved alerts among them.");
  private final Key<List<YamlObject>> images =
      section.key("images", Type.sparseList(IMAGE.type(ReceiverKind::whole)), List.of(), "Images.");
  private final Key<List<YamlObject>> links =
      section.key("links", Type.sparseList(LINK.type(ReceiverKind::whole)), List.of(), "Links.");
  private final Key<String> source =
      section.key("source", Type.STRING, "", "Source of the event; client by default.");
  private final Key<String> severity =
      section.key("severity", Type.STRING, "", "Severity: critical, warning, info or error.");
  private final Key<String> eventClass =
      section.key("class", Type.STRING, "", "Class of the event.");
  private final Key<String> component =
      section.key("component", Type.STRING, "", "Affected component.");
  private final Key<String> group = section.key("group", Type.STRING, "", "Group of components.");
  private final Key<Duration> timeout =
      section.key(
          "timeout",
          ConfigTypes.GO_DURATION,
          Duration.ZERO,
          "Timeout of a request; 0 for the default.");

  private final String apiV1;

  Pagerduty() {
    this("https://events.pagerduty.com/generic/2010-04-15/create_event.json");
  }

  Pagerduty(String apiV1) {
    super("pagerduty", true, "Event for PagerDuty.");
    this.apiV1 = apiV1;
  }

  @Override
  public void check(YamlObject o, GlobalConfig g) {
    boolean any =
        isSet(o, routingKey)
            || isSet(o, serviceKey)
            || isSet(o, routingKeyFile)
            || isSet(o, serviceKeyFile);
    if (!any) {
      throw o.error("missing service or routing key in PagerDuty config");
    }
    atMostOne(o, routingKey, routingKeyFile);
    atMostOne(o, serviceKey, serviceKeyFile);
    YamlNode d = o.find(details);
    if (d != null && !d.isMap()) {
      throw d.error("details are a map");
    }
  }

  @Override
  public Notifier open(YamlObject o, GlobalConfig g, NotifierContext context) throws IOException {
    boolean old = isSet(o, serviceKey) || isSet(o, serviceKeyFile);
    HttpSender http = new HttpSender(context, http(o, g), old ? Set.of(403, 429) : Set.of(429));
    URI own = o.find(url);
    String api = old ? apiV1 : (own == null ? g.get(GlobalConfig.PAGERDUTY_URL) : own).toString();
    return (n, limit) -> {
      TemplateExpander t = new TemplateExpander(context.templates(), o, n);
      Object facts = facts(o, t);
      String body = message(old, o, t, n, facts).text();
      if (body.getBytes(StandardCharsets.UTF_8).length > MAX_EVENT_BYTES) {
        body = message(old, o, t, n, Map.of("error", TOO_LARGE)).text();
      }
      http.postJson(api, body, HttpSender.limit(limit, o.get(timeout)));
    };
  }

  private JsonObject message(
      boolean old, YamlObject o, TemplateExpander t, Notification n, Object facts)
      throws NotifyException {
    return old ? v1(o, t, n, facts) : v2(o, t, n, facts);
  }

  private Object facts(YamlObject o, TemplateExpander t) {
    Map<String, @Nullable Object> all = new TreeMap<>();
    DETAILS.forEach((k, v) -> all.put(k, YamlTemplates.expandText(v, t::of)));
    YamlNode given = o.find(details);
    if (given != null) {
      given.entries().forEach((k, e) -> all.put(k, YamlTemplates.expand(e.value(), t::of)));
    }
    return all;
  }

  private String key(YamlObject o, TemplateExpander t, Key<Secret> key, Key<String> file)
      throws NotifyException {
    String k = t.of(HttpSender.secret(o.get(key), o.get(file)));
    if (k.isEmpty()) {
      throw NotifyException.lost(key.name() + " cannot be empty");
    }
    return k;
  }

  private JsonObject v1(YamlObject o, TemplateExpander t, Notification n, Object facts)
      throws NotifyException {
    JsonObject j =
        new JsonObject()
            .put("service_key", key(o, t, serviceKey, serviceKeyFile))
            .put("incident_key", n.groupHash())
            .put("event_type", n.isFiring() ? "trigger" : "resolve")
            .add("description", TemplateExpander.runes(t.of(description), MAX_SUMMARY));
    if (n.isFiring()) {
      j.add("client", t.of(client)).add("client_url", t.of(clientUrl));
    }
    return j.put("details", facts);
  }

  private JsonObject v2(YamlObject o, TemplateExpander t, Notification n, Object facts)
      throws NotifyException {
    String from = o.get(source).isEmpty() ? o.get(client) : o.get(source);
    String level = o.get(severity).isEmpty() ? "error" : o.get(severity);
    JsonObject payload =
        new JsonObject()
            .put("summary", TemplateExpander.runes(t.of(description), MAX_SUMMARY))
            .put("source", t.of(from))
            .put("severity", t.of(level))
            .add("class", t.of(eventClass))
            .add("component", t.of(component))
            .add("group", t.of(group))
            .put("custom_details", facts);
    List<Map<String, @Nullable Object>> pictures = new ArrayList<>();
    for (YamlObject i : o.get(images)) {
      JsonObject p =
          new JsonObject()
              .put("src", t.of(i.get(SRC)))
              .put("alt", t.of(i.get(ALT)))
              .put("href", t.of(i.get(IMAGE_HREF)));
      if (!"".equals(p.map().get("src"))) {
        pictures.add(p.map());
      }
    }
    List<Map<String, @Nullable Object>> leads = new ArrayList<>();
    for (YamlObject l : o.get(links)) {
      JsonObject p =
          new JsonObject().put("href", t.of(l.get(HREF))).put("text", t.of(l.get(LINK_TEXT)));
      if (!"".equals(p.map().get("href"))) {
        leads.add(p.map());
      }
    }
    return new JsonObject()
        .put("routing_key", key(o, t, routingKey, routingKeyFile))
        .put("dedup_key", n.groupHash())
        .put("event_action", n.isFiring() ? "trigger" : "resolve")
        .put("payload", payload)
        .add("client", t.of(client))
        .add("client_url", t.of(clientUrl))
        .add("images", pictures)
        .add("links", leads);
  }
}

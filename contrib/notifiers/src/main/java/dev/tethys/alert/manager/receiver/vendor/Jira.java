package dev.tethys.alert.manager.receiver.vendor;

import dev.tethys.alert.manager.receiver.ConfigTypes;
import dev.tethys.alert.manager.receiver.GlobalConfig;
import dev.tethys.alert.manager.receiver.HttpReceiverKind;
import dev.tethys.alert.manager.receiver.HttpSender;
import dev.tethys.alert.manager.receiver.JsonObject;
import dev.tethys.alert.manager.receiver.Notification;
import dev.tethys.alert.manager.receiver.Notifier;
import dev.tethys.alert.manager.receiver.NotifierContext;
import dev.tethys.alert.manager.receiver.NotifyException;
import dev.tethys.alert.manager.receiver.TemplateExpander;
import dev.tethys.alert.manager.receiver.YamlTemplates;
import dev.tethys.alert.manager.template.RawJson;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.GoQuote;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** An issue of Jira. */
public final class Jira extends HttpReceiverKind {
  private static final int MAX_SUMMARY = 255;
  private static final int MAX_DESCRIPTION = 32767;
  private static final Set<String> API_TYPES = Set.of("auto", "cloud", "datacenter");

  /** A field as text, or as a map with a setting for updates. */
  private static final class FieldTemplate {
    static final Section SECTION = new Section("jira_field", "Field of an issue.");
    static final Key<String> TEMPLATE =
        SECTION.key("template", Type.STRING, "", "Text of the field.");
    static final Key<Boolean> UPDATE =
        SECTION.key(
            "enable_update",
            Type.BOOL,
            true,
            "If true, the field of an existing issue is updated.");
    static final Type<YamlNode> TYPE =
        Type.of(
            "string or jira_field",
            null,
            n -> {
              if (n.isMap()) {
                whole(n.object(SECTION));
              } else {
                n.asString();
              }
              return n;
            });
  }

  private final Key<URI> apiUrl =
      section.optional(
          "api_url",
          ConfigTypes.URL,
          "URL of the API, such as https://example.atlassian.net/rest/api/3; the global setting by"
              + " default.");
  private final Key<String> apiType =
      section.key("api_type", Type.STRING, "auto", "Type of the API: auto, cloud or datacenter.");
  private final Key<String> project = section.key("project", Type.STRING, "", "Project key.");
  private final Key<YamlNode> summary =
      section.optional(
          "summary", FieldTemplate.TYPE, "Summary of the issue, at most 255 characters.");
  private final Key<YamlNode> description =
      section.optional(
          "description",
          FieldTemplate.TYPE,
          "Description of the issue, at most 32,767 characters.");
  private final Key<List<String>> labels =
      section.key("labels", Type.list(Type.STRING), List.of(), "Labels.");
  private final Key<String> priority =
      section.key(
          "priority",
          Type.STRING,
          "{{ template \"jira.default.priority\" . }}",
          "Priority of the issue.");
  private final Key<String> issueType =
      section.key("issue_type", Type.STRING, "", "Type of the issue.");
  private final Key<String> reopenTransition =
      section.key("reopen_transition", Type.STRING, "", "Transition that reopens an issue.");
  private final Key<String> resolveTransition =
      section.key("resolve_transition", Type.STRING, "", "Transition that resolves an issue.");
  private final Key<String> wontFix =
      section.key(
          "wont_fix_resolution", Type.STRING, "", "Resolution of issues that are not reopened.");
  private final Key<Duration> reopenDuration =
      section.key(
          "reopen_duration",
          Type.DURATION,
          Duration.ZERO,
          "Time after which a resolved issue is not reopened; 0 for no limit.");
  private final Key<YamlNode> fields =
      section.optional("fields", Type.ANY, "Further fields, with templates as texts.");

  public Jira() {
    super("jira", true, "Issue in Jira.");
  }

  @Override
  public void check(YamlObject o, GlobalConfig g) {
    if (!isSet(o, project)) {
      throw o.error("missing project in jira_config");
    }
    if (!isSet(o, issueType)) {
      throw o.error("missing issue_type in jira_config");
    }
    if (!API_TYPES.contains(o.get(apiType))) {
      throw o.error(apiType, "unknown api_type on jira_config, must be auto, cloud or datacenter");
    }
    if (o.find(apiUrl) == null && g.find(GlobalConfig.JIRA_API_URL) == null) {
      throw o.error("no global Jira Cloud URL set");
    }
  }

  @Override
  public Notifier open(YamlObject o, GlobalConfig g, NotifierContext context) throws IOException {
    HttpSender http = new HttpSender(context, http(o, g), Set.of(429));
    URI own = o.find(apiUrl);
    URI api = Objects.requireNonNull(own == null ? g.find(GlobalConfig.JIRA_API_URL) : own);
    String base = HttpSender.folder(api);
    return (n, limit) -> {
      TemplateExpander t = new TemplateExpander(context.templates(), o, n);
      JiraCalls jira = new JiraCalls(http, base, limit);
      JsonNode found = jira.search(searchPath(o, api, base), query(o, t, n));
      String key = found.path("key").asString("");
      if (key.isEmpty() && !n.isFiring()) {
        return;
      }
      JsonObject issue = new JsonObject().put("fields", fields(o, t, n, api, !key.isEmpty()));
      if (key.isEmpty()) {
        jira.call("POST", "issue", issue);
        return;
      }
      jira.call("PUT", "issue/" + key, issue);
      JsonNode status = found.path("fields").path("status");
      boolean done = status.path("statusCategory").path("key").asString("").equals("done");
      String transition = t.of(n.isFiring() ? reopenTransition : resolveTransition);
      if (!status.isMissingNode() && n.isFiring() == done && !transition.isEmpty()) {
        jira.transition(key, transition);
      }
    };
  }

  /** Returns the path of issue searches: Jira Cloud has a separate one. */
  private String searchPath(YamlObject o, URI api, String base) {
    boolean cloud =
        o.get(apiType).equals("cloud")
            || o.get(apiType).equals("auto")
                && String.valueOf(api.getHost()).endsWith("atlassian.net");
    return cloud
        ? (base + "search/jql").replaceFirst("/rest/api/2/", "/rest/api/3/")
        : base + "search";
  }

  private String query(YamlObject o, TemplateExpander t, Notification n) {
    StringBuilder jql = new StringBuilder();
    if (isSet(o, wontFix)) {
      jql.append("(resolution is EMPTY or resolution != ")
          .append(GoQuote.quote(o.get(wontFix)))
          .append(") and ");
    }
    long minutes = o.get(reopenDuration).toMinutes();
    if (n.isFiring() && isSet(o, reopenTransition) && minutes > 0) {
      jql.append("(resolutiondate is EMPTY OR resolutiondate >= -")
          .append(minutes)
          .append("m) and ");
    } else {
      jql.append("statusCategory != Done and ");
    }
    return jql.append("project=")
        .append(GoQuote.quote(t.of(project)))
        .append(" and labels=")
        .append(GoQuote.quote(label(n)))
        .append(" order by status ASC,resolutiondate DESC")
        .toString();
  }

  /** Returns the label by which the issue of a group is found again. */
  private static String label(Notification n) {
    return "ALERT{" + n.groupHash() + "}";
  }

  private Map<String, @Nullable Object> fields(
      YamlObject o, TemplateExpander t, Notification n, URI api, boolean exists)
      throws NotifyException {
    Map<String, @Nullable Object> f = new TreeMap<>();
    f.put("project", Map.of("key", t.of(project)));
    f.put("issuetype", Map.of("name", t.of(issueType)));
    YamlNode title = o.find(summary);
    if (!exists || isUpdated(title)) {
      f.put(
          "summary",
          TemplateExpander.runes(t.of(template(title, "jira.default.summary")), MAX_SUMMARY));
    }
    YamlNode body = o.find(description);
    String text =
        TemplateExpander.runes(t.of(template(body, "jira.default.description")), MAX_DESCRIPTION);
    if ((!exists || isUpdated(body)) && !text.isBlank()) {
      boolean document = HttpSender.folder(api).endsWith("/3/");
      f.put("description", document ? document(text.strip()) : text);
    }
    List<String> all = new ArrayList<>();
    o.get(labels).forEach(l -> all.add(t.of(l)));
    all.add(label(n));
    all.sort(null);
    f.put("labels", all);
    String level = t.of(priority);
    if (!level.isEmpty()) {
      f.put("priority", Map.of("name", level));
    }
    YamlNode further = o.find(fields);
    if (further != null) {
      further.entries().forEach((k, e) -> f.put(k, YamlTemplates.expand(e.value(), t::of)));
    }
    return f;
  }

  private static String template(@Nullable YamlNode field, String otherwise) {
    String given =
        field == null
            ? ""
            : field.isMap()
                ? field.object(FieldTemplate.SECTION).get(FieldTemplate.TEMPLATE)
                : field.asString();
    return field == null || field.isMap() && given.isEmpty()
        ? "{{ template \"" + otherwise + "\" . }}"
        : given;
  }

  private static boolean isUpdated(@Nullable YamlNode field) {
    return field == null
        || !field.isMap()
        || field.object(FieldTemplate.SECTION).get(FieldTemplate.UPDATE);
  }

  /**
   * Converts text for API 3, which expects a document: the template's result is a document in JSON,
   * or text that becomes paragraphs.
   */
  private static Object document(String text) {
    if (text.startsWith("{")) {
      try {
        return new RawJson(text);
      } catch (IllegalArgumentException e) {
        // text after all
      }
    }
    List<Object> paragraphs = new ArrayList<>();
    for (String line : text.split("\n")) {
      Object content = line.isBlank() ? List.of() : List.of(Map.of("type", "text", "text", line));
      paragraphs.add(Map.of("type", "paragraph", "content", content));
    }
    return Map.of("type", "doc", "version", 1L, "content", paragraphs);
  }
}

package dev.tethys.alert.manager.receiver;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** An issue of Jira. */
final class Jira extends HttpReceiverKind {
  private static final Set<String> API_TYPES = Set.of("auto", "cloud", "datacenter");

  /** A field that is text, or a map that also says whether it is sent again. */
  private static final class FieldTemplate {
    static final Section SECTION = new Section("jira_field", "A field of an issue.");
    static final Key<String> TEMPLATE = SECTION.key("template", Type.STRING, "", "Its text.");
    static final Key<Boolean> UPDATE =
        SECTION.key("enable_update", Type.BOOL, true, "Change it in an issue that is there.");
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
          Types.URL,
          "The API, as https://example.atlassian.net/rest/api/3; else the global one.");
  private final Key<String> apiType =
      section.key("api_type", Type.STRING, "auto", "auto, cloud or datacenter.");
  private final Key<String> project = section.key("project", Type.STRING, "", "The project.");
  private final Key<YamlNode> summary =
      section.optional("summary", FieldTemplate.TYPE, "The title, at most 255 characters.");
  private final Key<YamlNode> description =
      section.optional("description", FieldTemplate.TYPE, "The text, at most 32,767 characters.");
  private final Key<List<String>> labels =
      section.key("labels", Type.list(Type.STRING), List.of(), "Labels.");
  private final Key<String> priority =
      section.key(
          "priority", Type.STRING, "{{ template \"jira.default.priority\" . }}", "The priority.");
  private final Key<String> issueType = section.key("issue_type", Type.STRING, "", "The type.");
  private final Key<String> reopenTransition =
      section.key("reopen_transition", Type.STRING, "", "How an issue is reopened.");
  private final Key<String> resolveTransition =
      section.key("resolve_transition", Type.STRING, "", "How it is resolved.");
  private final Key<String> wontFix =
      section.key("wont_fix_resolution", Type.STRING, "", "Issues resolved so are left alone.");
  private final Key<Duration> reopenDuration =
      section.key(
          "reopen_duration",
          Type.DURATION,
          Duration.ZERO,
          "For how long an issue may be reopened; 0 for always.");
  private final Key<YamlNode> fields =
      section.optional("fields", Type.ANY, "Further fields, their texts being templates.");

  Jira() {
    super("jira", true, "An issue of Jira.");
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
  public boolean built() {
    return false;
  }

  @Override
  public Notifier open(YamlObject o, GlobalConfig g, NotifierContext context) throws IOException {
    throw new IOException(key() + " is not built yet");
  }
}

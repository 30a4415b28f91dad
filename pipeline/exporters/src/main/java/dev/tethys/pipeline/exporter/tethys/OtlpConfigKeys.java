package dev.tethys.pipeline.exporter.tethys;

import dev.tethys.codec.loki.OtlpMapping;
import dev.tethys.codec.loki.OtlpMapping.Action;
import dev.tethys.codec.loki.OtlpMapping.Rule;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.regex.Regex;
import dev.tethys.model.regex.RegexSyntaxException;
import java.util.List;
import java.util.Set;

/** The block {@code otlp_config} with Loki's keys. */
public final class OtlpConfigKeys {
  private static final Section RULE =
      new Section("attributes_config", "Rule for attributes, by name.");
  private static final Key<Action> ACTION =
      RULE.required(
          "action",
          Type.lowerCase("action", Action.class),
          "Destination of the attributes: index_label, structured_metadata or " + "drop.");
  private static final Key<List<String>> ATTRIBUTES =
      RULE.key("attributes", Type.list(Type.STRING), List.of(), "Names of attributes.");
  private static final Key<String> REGEX =
      RULE.optional("regex", Type.STRING, "Regular expression that matches whole attribute names.");
  private static final Type<List<Rule>> RULES = Type.list(RULE.type(OtlpConfigKeys::rule));

  private static final Section RESOURCE =
      new Section("resource_attributes", "Rules for resource attributes.");
  private static final Key<Boolean> IGNORE_DEFAULTS =
      RESOURCE.key(
          "ignore_defaults",
          Type.BOOL,
          false,
          "If true, only attributes_config creates labels; service.name and others are not "
              + "labels by default.");
  private static final Key<List<Rule>> RESOURCE_RULES =
      RESOURCE.key(
          "attributes_config", RULES, List.of(), "Rules; the first matching rule applies.");

  private record Resource(boolean ignoreDefaults, List<Rule> rules) {}

  private static final Section SECTION =
      new Section(
          "otlp_config", "Destination of attributes of OTLP logs: labels or structured metadata.");
  private static final Key<Resource> RESOURCE_KEY =
      SECTION.key(
          "resource_attributes",
          RESOURCE.type(o -> new Resource(o.get(IGNORE_DEFAULTS), o.get(RESOURCE_RULES))),
          new Resource(false, List.of()),
          "Rules for resource attributes.");
  private static final Key<List<Rule>> SCOPE =
      SECTION.key("scope_attributes", RULES, List.of(), "Rules for scope attributes.");
  private static final Key<List<Rule>> LOG =
      SECTION.key("log_attributes", RULES, List.of(), "Rules for attributes of log records.");
  private static final Key<Boolean> SEVERITY =
      SECTION.key(
          "severity_text_as_label", Type.BOOL, false, "If true, severity_text becomes a label.");

  /** The block. */
  public static final Type<OtlpMapping> TYPE = SECTION.type(OtlpConfigKeys::read);

  private OtlpConfigKeys() {}

  /** Returns the sections of the block, for references. */
  public static List<Section> sections() {
    return List.of(SECTION, RESOURCE, RULE);
  }

  private static OtlpMapping read(YamlObject o) {
    if (o.get(SCOPE).stream().anyMatch(r -> r.action() == Action.INDEX_LABEL)) {
      throw o.error(
          SCOPE,
          "action index_label is not supported in scope_attributes; use it in"
              + " resource_attributes or log_attributes");
    }
    Resource r = o.get(RESOURCE_KEY);
    return OtlpMapping.of(r.rules, r.ignoreDefaults, o.get(SCOPE), o.get(LOG), o.get(SEVERITY));
  }

  private static Rule rule(YamlObject o) {
    List<String> attributes = o.get(ATTRIBUTES);
    String regex = o.find(REGEX);
    if (attributes.isEmpty() == (regex == null)) {
      throw o.error("attributes_config must have either attributes or regex");
    }
    try {
      return new Rule(
          o.get(ACTION), Set.copyOf(attributes), regex == null ? null : Regex.whole(regex));
    } catch (RegexSyntaxException e) {
      throw o.error(REGEX, "regex '" + regex + "' is not valid: " + e.getMessage());
    }
  }
}

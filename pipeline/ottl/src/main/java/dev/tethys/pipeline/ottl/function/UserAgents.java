package dev.tethys.pipeline.ottl.function;

import dev.tethys.model.telemetry.Attributes;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * Names and versions of user agents and operating systems, by the expressions of uap-core. Because
 * there are a thousand of them, results are cached for recent strings.
 */
final class UserAgents {
  /** Number of strings with cached results. */
  static final int MAX_KEPT = 4096;

  /** The longest text that is parsed, in UTF-16 units. */
  static final int MAX_LENGTH = 2048;

  private static final String RESOURCE = "/ua_parser/regexes.yaml";

  private record Rule(Regex regex, List<@Nullable String> replacements) {}

  private record AgentVersion(String family, String version) {}

  private static final class Holder {
    static final UserAgents KNOWN = load();
  }

  private final List<Rule> agents;
  private final List<Rule> systems;
  private final ConcurrentHashMap<String, Attributes> kept = new ConcurrentHashMap<>();

  private UserAgents(List<Rule> agents, List<Rule> systems) {
    this.agents = agents;
    this.systems = systems;
  }

  /** Read when a statement first names the function. */
  static UserAgents known() {
    return Holder.KNOWN;
  }

  Attributes parse(String text) {
    Attributes known = kept.get(text);
    if (known == null) {
      known = find(text);
      if (kept.size() >= MAX_KEPT) {
        kept.clear();
      }
      kept.put(text, known);
    }
    return known.copy();
  }

  private Attributes find(String text) {
    String prefix = text.length() > MAX_LENGTH ? text.substring(0, MAX_LENGTH) : text;
    Attributes m = new Attributes();
    AgentVersion agent = find(agents, prefix, 3);
    m.add("user_agent.name", agent.family());
    m.add("user_agent.version", agent.version());
    m.add("user_agent.original", text);
    AgentVersion system = find(systems, prefix, 4);
    m.add("os.name", system.family());
    if (!system.version().isEmpty()) {
      m.add("os.version", system.version());
    }
    return m;
  }

  private static AgentVersion find(List<Rule> rules, String text, int versions) {
    for (Rule r : rules) {
      dev.tethys.model.regex.Groups m = r.regex().matcher(text);
      if (m != null && m.find()) {
        String family = part(r, m, 0);
        StringBuilder version = new StringBuilder();
        for (int i = 1; i <= versions; i++) {
          String v = part(r, m, i);
          if (v == null || v.isEmpty()) {
            break;
          }
          version.append(i == 1 ? "" : ".").append(v);
        }
        return new AgentVersion(family == null ? "Other" : family, version.toString());
      }
    }
    return new AgentVersion("Other", "");
  }

  private static @Nullable String part(Rule r, dev.tethys.model.regex.Groups m, int index) {
    String replacement = r.replacements().get(index);
    if (replacement == null) {
      return index + 1 <= m.groupCount() ? m.group(index + 1) : null;
    }
    String s = replacement;
    for (int i = 1; i <= 9 && s.indexOf('$') >= 0; i++) {
      String group = i <= m.groupCount() ? m.group(i) : null;
      s = s.replace("$" + i, group == null ? "" : group);
    }
    return s.strip();
  }

  private static UserAgents load() {
    try (InputStream in =
        Objects.requireNonNull(UserAgents.class.getResourceAsStream(RESOURCE), RESOURCE)) {
      LoadSettings settings = LoadSettings.builder().setCodePointLimit(16 << 20).build();
      Map<?, ?> all =
          (Map<?, ?>) Objects.requireNonNull(new Load(settings).loadFromInputStream(in));
      return new UserAgents(
          rules(
              all,
              "user_agent_parsers",
              "family_replacement",
              "v1_replacement",
              "v2_replacement",
              "v3_replacement"),
          rules(
              all,
              "os_parsers",
              "os_replacement",
              "os_v1_replacement",
              "os_v2_replacement",
              "os_v3_replacement",
              "os_v4_replacement"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static List<Rule> rules(Map<?, ?> all, String section, String... replacements) {
    List<Rule> rules = new ArrayList<>();
    for (Object o : (List<?>) Objects.requireNonNull(all.get(section))) {
      Map<?, ?> rule = (Map<?, ?>) o;
      List<@Nullable String> texts = new ArrayList<>();
      for (String r : replacements) {
        Object v = rule.get(r);
        texts.add(v == null ? null : v.toString());
      }
      String regex = (String) Objects.requireNonNull(rule.get("regex"));
      String flags = rule.get("regex_flag") == null ? "" : "(?i)";
      try {
        rules.add(new Rule(Regex.of(flags + regex), texts));
      } catch (dev.tethys.model.regex.RegexSyntaxException e) {
        throw new IllegalStateException("an expression of uap-core is not RE2: " + regex, e);
      }
    }
    return rules;
  }
}

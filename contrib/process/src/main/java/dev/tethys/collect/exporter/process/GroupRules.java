package dev.tethys.collect.exporter.process;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.tethys.codec.template.GoList;
import dev.tethys.codec.template.GoMap;
import dev.tethys.codec.template.GoStruct;
import dev.tethys.codec.template.GoTime;
import dev.tethys.codec.template.MissingKey;
import dev.tethys.codec.template.Template;
import dev.tethys.codec.template.TemplateException;
import dev.tethys.codec.template.TemplateLimits;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.log.JulLogger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Rules of process-exporter's file: the first matching rule names the group of a process. A rule
 * holds when the kernel's name is among {@code comm}, the program among {@code exe}, and every
 * expression of {@code cmdline} is found.
 */
final class GroupRules implements GroupNamer {
  private static final System.Logger LOG = JulLogger.of(GroupRules.class.getName());

  /** A name is a label, so longer text is rejected. */
  private static final TemplateLimits LIMITS =
      new TemplateLimits(1 << 16, 50, 100_000, Duration.ofSeconds(1));

  private static final Section FILE =
      new Section("process-exporter's file", "Rules that assign processes to named groups.");
  private static final Section RULE = new Section("process_names", "A rule that names a group.");
  private static final Key<String> NAME =
      RULE.key("name", Type.STRING, "", "Template of the group's name.");
  private static final Key<List<String>> COMM =
      RULE.optional("comm", Type.list(Type.STRING), "Process names, as reported by the kernel.");
  private static final Key<List<String>> EXE =
      RULE.optional("exe", Type.list(Type.STRING), "Executables, by name or by path.");
  private static final Key<List<Pattern>> CMDLINE =
      RULE.optional(
          "cmdline",
          Type.list(Type.REGEX),
          "Regular expressions that must match the command line.");
  private static final Key<List<Rule>> RULES =
      FILE.key(
          "process_names", Type.list(RULE.type(Rule::read)), List.of(), "Rules, tried in order.");

  private final List<Rule> rules;

  private GroupRules(List<Rule> rules) {
    this.rules = rules;
  }

  /**
   * Reads a file's content, strictly.
   *
   * @throws dev.tethys.config.ConfigException with the position of the error
   */
  static GroupRules read(YamlNode node) {
    return new GroupRules(node.object(FILE).get(RULES));
  }

  @Override
  public @Nullable String group(ProcessFacts p) {
    for (Rule r : rules) {
      String name = r.group(p);
      if (name != null) {
        return name;
      }
    }
    return null;
  }

  private static String base(String path) {
    int end = path.length();
    while (end > 1 && path.charAt(end - 1) == '/') {
      end--;
    }
    String trimmed = path.substring(0, end);
    return trimmed.isEmpty()
        ? "."
        : trimmed.equals("/") ? "/" : trimmed.substring(trimmed.lastIndexOf('/') + 1);
  }

  /**
   * One rule; a null part is not tested.
   *
   * @param programs full program path by base name, or {@code ""} for any path
   */
  private record Rule(
      Template name,
      @Nullable Set<String> comm,
      @Nullable Map<String, String> programs,
      List<Pattern> expressions) {

    static Rule read(YamlObject o) {
      List<String> comm = o.find(COMM);
      List<String> exe = o.find(EXE);
      List<Pattern> cmdline = o.find(CMDLINE);
      if (comm == null && exe == null && cmdline == null) {
        throw o.error("a rule needs at least one of comm, exe and cmdline");
      }
      String name = o.get(NAME).isEmpty() ? "{{.ExeBase}}" : o.get(NAME);
      Template template;
      try {
        template = Template.parse("cmdname", name, Map.of(), MissingKey.INVALID);
      } catch (TemplateException e) {
        throw o.error(NAME, "not a template: " + e.getMessage());
      }
      Map<String, String> programs = null;
      if (exe != null) {
        programs = new HashMap<>();
        for (String e : exe) {
          programs.put(base(e), e.contains("/") ? e : "");
        }
      }
      return new Rule(
          template,
          comm == null ? null : new HashSet<>(comm),
          programs,
          cmdline == null ? List.of() : cmdline);
    }

    @Nullable String group(ProcessFacts p) {
      if (comm != null && !comm.contains(p.name())) {
        return null;
      }
      if (programs != null && !isOneOf(programs, p.commandLine())) {
        return null;
      }
      Map<String, String> captured = new HashMap<>();
      for (Pattern e : expressions) {
        Matcher m = e.matcher(p.joined());
        if (!m.find()) {
          return null;
        }
        String[] names = names(e);
        for (int i = 0; i < names.length; i++) {
          String text = m.group(i);
          captured.put(names[i], text == null ? "" : text);
        }
      }
      try {
        return name.execute(new Facts(p, captured), Map.of(), LIMITS);
      } catch (TemplateException e) {
        LOG.log(
            Level.WARNING, "the name of the group of process {0}: {1}", p.pid(), e.getMessage());
        return null;
      }
    }

    /** Returns the group names of an expression, {@code ""} for unnamed groups. */
    private static String[] names(Pattern e) {
      String[] names = new String[e.groupCount() + 1];
      Arrays.fill(names, "");
      e.namedGroups().forEach((n, i) -> names[i] = n);
      return names;
    }

    private static boolean isOneOf(Map<String, String> programs, List<String> commandLine) {
      if (commandLine.isEmpty()) {
        return false;
      }
      String path = programs.get(base(commandLine.getFirst()));
      return path != null && (path.isEmpty() || path.equals(commandLine.getFirst()));
    }
  }

  /** Data of a name's template. */
  private record Facts(ProcessFacts p, Map<String, String> captured) implements GoStruct {
    @Override
    public String typeName() {
      return "config.templateParams";
    }

    @Override
    public Map<String, ?> fields() {
      String program = p.commandLine().isEmpty() ? p.name() : p.commandLine().getFirst();
      return Map.of(
          "Comm",
          p.name(),
          "ExeBase",
          p.commandLine().isEmpty() ? program : base(program),
          "ExeFull",
          program,
          "Username",
          p.user(),
          "PID",
          (long) p.pid(),
          "StartTime",
          GoTime.utc(p.started()),
          "Matches",
          GoMap.ofStrings(captured),
          "Cgroups",
          new GoList("[]string", p.cgroups()));
    }
  }
}

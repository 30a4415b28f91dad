package dev.tethys.pipeline.receiver.log;

import dev.tethys.collect.logs.file.Glob;
import dev.tethys.collect.logs.journal.JournalFile;
import dev.tethys.collect.logs.journal.JournalPlaces;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.regex.Regex;
import dev.tethys.model.regex.RegexSyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a {@code journald} receiver.
 *
 * @param form format of the records
 * @param fromEnd whether existing entries are skipped, unless there is a position
 * @param noNamespaceNamed whether no setting selects namespaces
 * @param units name patterns, any of which must match; empty for all
 * @param matches groups of conditions, any of which must match; empty for all
 * @param maxPriority most severe priority, the smallest number
 * @param minPriority least severe priority
 */
record JournaldSettings(
    LogSettings common,
    JournalPlaces places,
    boolean noNamespaceNamed,
    JournalRecord form,
    boolean fromEnd,
    List<Regex> units,
    List<String> identifiers,
    List<Map<String, String>> matches,
    int maxPriority,
    int minPriority,
    @Nullable Regex grep,
    boolean kernel) {
  private static final List<String> PRIORITIES =
      List.of("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug");

  /** The keys. */
  static final class Keys {
    private final Key<String> directory;
    private final Key<List<String>> files;
    private final Key<String> namespace;
    private final Key<String> root;
    private final Key<Boolean> conventions;
    private final Key<String> startAt;
    private final Key<List<String>> units;
    private final Key<List<String>> identifiers;
    private final Key<List<Map<String, String>>> matches;
    private final Key<String> priority;
    private final Key<String> grep;
    private final Key<Boolean> dmesg;
    private final Key<Boolean> all;
    private final Key<Boolean> convert;
    private final LogSettings.Keys common;

    Keys(Section s) {
      directory =
          s.key(
              "directory",
              Type.PATH,
              "",
              "Directory of journal files; by default /var/log/journal and " + "/run/log/journal.");
      startAt =
          s.key(
              "start_at",
              Type.oneOf("start_at", List.of("end", "beginning")),
              "end",
              "Start position if none is stored.");
      units =
          s.key(
              "units", Type.list(Type.STRING), List.of(), "Units to read; * and ? are wildcards.");
      identifiers =
          s.key(
              "identifiers",
              Type.list(Type.STRING),
              List.of(),
              "Values of SYSLOG_IDENTIFIER to read.");
      matches =
          s.key(
              "matches",
              Type.list(Type.map(Type.STRING)),
              List.of(),
              "Field values to match; an entry must have all values of one list " + "element.");
      priority = s.key("priority", Type.STRING, "info", "Minimum priority, or a range a..b.");
      grep =
          s.key(
              "grep",
              Type.STRING,
              "",
              "RE2 expression that messages must match; case is ignored if it is all "
                  + "lower case.");
      dmesg =
          s.key("dmesg", Type.BOOL, false, "If true, only kernel messages since boot are read.");
      all = s.key("all", Type.BOOL, false, "No effect: fields are never truncated.");
      convert =
          s.key(
              "convert_message_bytes",
              Type.BOOL,
              false,
              "No effect: messages are always converted to text.");
      files = s.key("files", Type.list(Type.STRING), List.of(), "Path patterns of journal files.");
      namespace =
          s.key(
              "namespace",
              Type.STRING,
              "",
              "Journal namespace instead of the default one; +NAME for both, * for " + "all.");
      root =
          s.key(
              "root_path",
              Type.PATH,
              "",
              "Directory to which all paths are relative, such as /host.");
      conventions =
          s.key(
              "convert_to_semantic_conventions",
              Type.BOOL,
              false,
              "If true, the message becomes the body and other fields become "
                  + "attributes named by OpenTelemetry's semantic conventions.");
      s.key(
          "journalctl_path",
          Type.STRING,
          "journalctl",
          "No effect: the journal is read from its files, without journalctl.");
      s.key("merge", Type.BOOL, false, "No effect: journals of all machines in a folder are read.");
      common = new LogSettings.Keys(s, true);
    }

    JournaldSettings read(YamlObject o) {
      o.get(all);
      o.get(convert);
      String p = o.get(priority);
      int dots = p.indexOf("..");
      int a = number(o, dots < 0 ? "0" : p.substring(0, dots));
      int b = number(o, dots < 0 ? p : p.substring(dots + 2));
      Regex g = null;
      String text = o.get(grep);
      if (!text.isEmpty()) {
        boolean small = text.equals(text.toLowerCase(Locale.ROOT));
        try {
          g = Regex.compile((small ? "(?i)" : "") + text);
        } catch (RegexSyntaxException e) {
          throw o.error(grep, "not a regular expression: " + e.getMessage());
        }
      }
      List<Regex> names = new ArrayList<>();
      for (String u : o.get(units)) {
        names.add(unit(u));
      }
      return new JournaldSettings(
          common.read(o),
          places(o),
          !o.has(namespace),
          o.get(conventions) ? JournalRecord.CONVENTIONS : JournalRecord.FIELDS,
          o.get(startAt).equals("end"),
          List.copyOf(names),
          o.get(identifiers),
          o.get(matches),
          Math.min(a, b),
          Math.max(a, b),
          g,
          o.get(dmesg));
    }

    private JournalPlaces places(YamlObject o) {
      String below = o.get(root).equals("/") ? "" : o.get(root);
      List<String> patterns = o.get(files);
      String one = o.get(directory);
      String name = o.get(namespace);
      if (!patterns.isEmpty()) {
        if (!one.isEmpty() || !name.isEmpty()) {
          throw o.error(files, "files cannot be combined with directory or namespace");
        }
        for (String p : patterns) {
          if (!p.startsWith("/")) {
            throw o.error(files, "\"" + p + "\" is not an absolute path");
          }
        }
        try {
          return JournalPlaces.files(Glob.anyOf(patterns.stream().map(p -> below + p).toList()));
        } catch (IllegalArgumentException e) {
          throw o.error(files, String.valueOf(e.getMessage()));
        }
      }
      List<Path> folders =
          one.isEmpty() ? JournalPlaces.FOLDERS : List.of(Path.of(one).toAbsolutePath());
      return JournalPlaces.folders(
          folders.stream().map(f -> Path.of(below + f)).toList(),
          switch (name) {
            case "" -> one.isEmpty() ? String::isEmpty : _ -> true;
            case "*" -> _ -> true;
            default ->
                name.startsWith("+")
                    ? n -> n.isEmpty() || n.equals(name.substring(1))
                    : name::equals;
          });
    }

    private int number(YamlObject o, String word) {
      String w = word.strip();
      int i = PRIORITIES.indexOf(w);
      if (i < 0 && w.matches("[0-7]")) {
        i = Integer.parseInt(w);
      }
      if (i < 0) {
        throw o.error(
            priority,
            "\""
                + w
                + "\" is not a priority; it must be one of "
                + String.join(", ", PRIORITIES)
                + " or a number from 0 to 7");
      }
      return i;
    }

    private static Regex unit(String name) {
      String n = name.indexOf('.') < 0 && name.indexOf('*') < 0 ? name + ".service" : name;
      StringBuilder sb = new StringBuilder("^");
      for (int i = 0; i < n.length(); i++) {
        char c = n.charAt(i);
        sb.append(c == '*' ? ".*" : c == '?' ? "." : Regex.quote(String.valueOf(c)));
      }
      return Regex.compile(sb.append('$').toString());
    }
  }

  /** Whether an entry is selected. */
  boolean includes(JournalFile.Entry e, @Nullable String boot) {
    String p = e.get("PRIORITY");
    if (p != null
        && p.length() == 1
        && (p.charAt(0) - '0' < maxPriority || p.charAt(0) - '0' > minPriority)) {
      return false;
    }
    if (kernel
        && !("kernel".equals(e.get("_TRANSPORT")) && Objects.equals(boot, e.get("_BOOT_ID")))) {
      return false;
    }
    if (!identifiers.isEmpty() && !identifiers.contains(e.get("SYSLOG_IDENTIFIER"))) {
      return false;
    }
    if (!units.isEmpty() && units.stream().noneMatch(u -> isOf(e, u))) {
      return false;
    }
    if (!matches.isEmpty()
        && matches.stream()
            .noneMatch(
                m ->
                    m.entrySet().stream()
                        .allMatch(
                            x ->
                                e.fields().stream()
                                    .anyMatch(
                                        f ->
                                            f.name().equals(x.getKey())
                                                && f.value().equals(x.getValue()))))) {
      return false;
    }
    String message = e.get("MESSAGE");
    return grep == null || message != null && grep.find(message);
  }

  /** Whether an entry is from or about a unit, as with {@code journalctl -u}. */
  private static boolean isOf(JournalFile.Entry e, Regex unit) {
    return is(unit, e.get("_SYSTEMD_UNIT"))
        || "1".equals(e.get("_PID")) && is(unit, e.get("UNIT"))
        || "0".equals(e.get("_UID"))
            && (is(unit, e.get("OBJECT_SYSTEMD_UNIT")) || is(unit, e.get("COREDUMP_UNIT")));
  }

  private static boolean is(Regex unit, @Nullable String name) {
    return name != null && unit.find(name);
  }
}

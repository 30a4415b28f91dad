package dev.tethys.query.promql.promqltest;

import dev.tethys.model.Labels;
import dev.tethys.query.promql.parser.Literals;
import dev.tethys.query.promql.parser.SeriesDescription;
import dev.tethys.query.promql.parser.SeriesDescription.SequenceValue;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads a script: each command on its own line, its details on the lines below. */
final class Script {
  private static final Pattern LOAD = Pattern.compile("load(_with_nhcb)?\\s+(\\S+)");
  private static final Pattern INSTANT =
      Pattern.compile("eval(?:_(fail|warn|ordered|info))?\\s+instant\\s+(?:at\\s+(\\S+))?\\s+(.+)");
  private static final Pattern RANGE =
      Pattern.compile(
          "eval(?:_(fail|warn|info))?\\s+range\\s+from\\s+(.+)\\s+to\\s+(.+)\\s+step\\s+(.+?)\\s+(.+)");
  private static final Pattern EXPECT =
      Pattern.compile(
          "expect\\s+(ordered|fail|warn|no_warn|info|no_info)(?:\\s+(regex|msg):(.+))?");
  private static final Pattern EXPECT_RANGE =
      Pattern.compile("expect range vector\\s+from\\s+(.+)\\s+to\\s+(.+)\\s+step\\s+(.+)");
  private static final Pattern START_LINE = Pattern.compile("(\\S+)@st\\s+(.+)");
  private static final Pattern START_ITEM =
      Pattern.compile("([+-]?\\d+[a-wyz]*)(?:([+-])(\\d+[a-wyz]*))?(?:x(\\d+))?");
  private static final Pattern ANYTHING = Pattern.compile("(?s).*");

  private final List<String> lines;
  private int i;

  private Script(String text) {
    lines = text.lines().map(String::strip).map(l -> l.startsWith("#") ? "" : l).toList();
  }

  static List<Command> parse(String text) {
    return new Script(text).commands();
  }

  private List<Command> commands() {
    List<Command> out = new ArrayList<>();
    while (i < lines.size()) {
      String l = lines.get(i).toLowerCase(Locale.ROOT);
      if (l.isEmpty()) {
        i++;
      } else if (l.equals("clear")) {
        i++;
        out.add(new Command.Clear());
      } else if (l.startsWith("load")) {
        out.add(load());
      } else if (l.startsWith("eval")) {
        out.add(eval());
      } else {
        throw error("invalid command");
      }
    }
    return out;
  }

  private IllegalArgumentException error(String what) {
    return new IllegalArgumentException("line " + (i + 1) + ": " + what + ": " + lines.get(i));
  }

  private boolean more() {
    return i < lines.size() && !lines.get(i).isEmpty();
  }

  private Command load() {
    Matcher m = LOAD.matcher(lines.get(i));
    if (!m.matches()) {
      throw error("invalid load");
    }
    List<Command.LoadedSeries> series = new ArrayList<>();
    List<@Nullable Long> starts = null;
    for (i++; more(); i++) {
      Matcher st = START_LINE.matcher(lines.get(i));
      if (st.matches()) {
        starts = starts(st.group(2));
        continue;
      }
      SeriesDescription d = SeriesDescription.parse(lines.get(i));
      series.add(new Command.LoadedSeries(d.labels(), d.values(), starts));
      starts = null;
    }
    return new Command.Load(Literals.durationMillis(m.group(2)), m.group(1) != null, series);
  }

  private List<@Nullable Long> starts(String text) {
    List<@Nullable Long> out = new ArrayList<>();
    for (String item : text.strip().split("\\s+")) {
      if (item.startsWith("_")) {
        int n = item.length() > 1 ? Integer.parseInt(item.substring(2)) : 1;
        for (int k = 0; k < n; k++) {
          out.add(null);
        }
        continue;
      }
      Matcher m = START_ITEM.matcher(item);
      if (!m.matches()) {
        throw error("invalid start " + item);
      }
      long value = signed(m.group(1));
      long step = m.group(3) == null ? 0 : Literals.durationMillis(m.group(3));
      int n = m.group(4) == null ? 0 : Integer.parseInt(m.group(4));
      for (int k = 0; k <= n; k++) {
        out.add(value + k * ("-".equals(m.group(2)) ? -step : step));
      }
    }
    return out;
  }

  private static long signed(String duration) {
    boolean negative = duration.startsWith("-");
    long ms = Literals.durationMillis(duration.replaceFirst("^[+-]", ""));
    return negative ? -ms : ms;
  }

  private Command eval() {
    int line = i + 1;
    String first = lines.get(i);
    Matcher m = INSTANT.matcher(first);
    boolean range = !m.matches();
    if (range) {
      m = RANGE.matcher(first);
      if (!m.matches()) {
        throw error("invalid eval");
      }
    }
    Map<Command.Kind, List<Pattern>> expectations = new EnumMap<>(Command.Kind.class);
    if (m.group(1) != null) {
      expect(expectations, m.group(1), ANYTHING);
    }
    long start = Literals.durationMillis(m.group(2));
    long end = range ? Literals.durationMillis(m.group(3)) : start;
    long step = range ? Literals.durationMillis(m.group(4)) : 0;
    String query = m.group(range ? 5 : 3);
    boolean instantOnly = false;
    Double scalar = null;
    String text = null;
    Map<Labels, List<SequenceValue>> expected = new LinkedHashMap<>();
    for (i++; more(); i++) {
      String l = lines.get(i);
      Matcher r = EXPECT_RANGE.matcher(l);
      Matcher e = EXPECT.matcher(l);
      if (r.matches()) {
        start = Literals.durationMillis(r.group(1));
        end = Literals.durationMillis(r.group(2));
        step = Literals.durationMillis(r.group(3));
        instantOnly = true;
      } else if (l.startsWith("expect string ")) {
        text = unquote(l.substring("expect string ".length()));
        instantOnly = true;
      } else if (e.matches()) {
        String given = e.group(3) == null ? "" : e.group(3).strip();
        expect(
            expectations,
            e.group(1),
            e.group(2) == null
                ? ANYTHING
                : Pattern.compile(e.group(2).equals("msg") ? exactly(given) : given));
      } else if (l.startsWith("expected_fail_message")) {
        given(expectations, exactly(l.substring("expected_fail_message".length()).strip()));
      } else if (l.startsWith("expected_fail_regexp")) {
        given(expectations, l.substring("expected_fail_regexp".length()).strip());
      } else if (l.startsWith("expect ")) {
        throw error("invalid expect");
      } else if (isNumber(l)) {
        scalar = SeriesDescription.parse("{} " + l).values().getFirst().value();
      } else {
        SeriesDescription d = SeriesDescription.parse(l);
        expected.put(d.labels(), d.values());
      }
    }
    return new Command.Eval(
        line, query, range, start, end, step, instantOnly, expectations, scalar, text, expected);
  }

  private static String exactly(String text) {
    return "\\A" + Pattern.quote(text) + "\\z";
  }

  private static void given(Map<Command.Kind, List<Pattern>> to, String regex) {
    to.put(Command.Kind.FAIL, new ArrayList<>(List.of(Pattern.compile(regex))));
  }

  private static void expect(Map<Command.Kind, List<Pattern>> to, String kind, Pattern text) {
    to.computeIfAbsent(Command.Kind.valueOf(kind.toUpperCase(Locale.ROOT)), k -> new ArrayList<>())
        .add(text);
  }

  private static boolean isNumber(String l) {
    return l.matches("[+-]?(\\.?[0-9][0-9a-fA-FxX._+-]*|(?i:inf|nan))");
  }

  private static String unquote(String quoted) {
    if (quoted.startsWith("`")) {
      return quoted.substring(1, quoted.length() - 1);
    }
    // A label value is read by the same rules.
    return SeriesDescription.parse("{a=" + quoted + "}").labels().get("a");
  }
}

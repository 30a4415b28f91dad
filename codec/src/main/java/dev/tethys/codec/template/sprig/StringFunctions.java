package dev.tethys.codec.template.sprig;

import static dev.tethys.codec.template.TemplateFunction.Parameter.ANY;
import static dev.tethys.codec.template.TemplateFunction.Parameter.INT;
import static dev.tethys.codec.template.TemplateFunction.Parameter.STRING;
import static dev.tethys.codec.template.sprig.LineFunctions.n;
import static dev.tethys.codec.template.sprig.LineFunctions.s;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.tethys.codec.template.GoList;
import dev.tethys.codec.template.GoStrings;
import dev.tethys.codec.template.TemplateFunction;
import dev.tethys.codec.template.TemplateFunction.Parameter;
import dev.tethys.codec.template.TextLimit;
import dev.tethys.model.GoCase;
import dev.tethys.model.GoQuote;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.zip.Adler32;
import org.jspecify.annotations.Nullable;

/** Sprig's functions for strings. The main argument is last, so that it can be piped. */
final class StringFunctions {
  private StringFunctions() {}

  private static TemplateFunction one(UnaryOperator<String> f) {
    return TemplateFunction.of(a -> f.apply(s(a[0])), STRING);
  }

  private static TemplateFunction two(TemplateFunction.Code code) {
    return TemplateFunction.of(code, STRING, STRING);
  }

  static void addTo(Map<String, TemplateFunction> m) {
    m.put("trim", one(String::strip));
    m.put("trimAll", two(a -> SprigStrings.trim(s(a[1]), s(a[0]), true, true)));
    m.put("trimall", two(a -> SprigStrings.trim(s(a[1]), s(a[0]), true, true)));
    m.put("trimSuffix", two(a -> SprigStrings.trimSuffix(s(a[1]), s(a[0]))));
    m.put("trimPrefix", two(a -> SprigStrings.trimPrefix(s(a[1]), s(a[0]))));
    m.put("upper", one(GoCase::upper));
    m.put("lower", one(GoCase::lower));
    m.put("title", one(GoStrings::title));
    m.put("untitle", one(StringFunctions::untitle));
    m.put("swapcase", one(StringFunctions::swapCase));
    m.put("nospace", one(t -> t.replaceAll("(?U)\\s", "")));
    m.put("initials", one(StringFunctions::initials));
    m.put("snakecase", one(t -> joined(t, "_")));
    m.put("kebabcase", one(t -> joined(t, "-")));
    m.put("camelcase", one(StringFunctions::camelCase));
    m.put("repeat", TemplateFunction.of(a -> SprigStrings.repeat(s(a[1]), n(a[0])), INT, STRING));
    m.put(
        "substr", TemplateFunction.of(a -> substring(n(a[0]), n(a[1]), s(a[2])), INT, INT, STRING));
    m.put("trunc", TemplateFunction.of(a -> truncated(n(a[0]), s(a[1])), INT, STRING));
    m.put("abbrev", TemplateFunction.of(a -> abbreviated(n(a[0]), s(a[1])), INT, STRING));
    m.put("contains", two(a -> s(a[1]).contains(s(a[0]))));
    m.put("hasPrefix", two(a -> s(a[1]).startsWith(s(a[0]))));
    m.put("hasSuffix", two(a -> s(a[1]).endsWith(s(a[0]))));
    m.put("quote", TemplateFunction.variadic(a -> all(a, GoQuote::quote), ANY));
    m.put("squote", TemplateFunction.variadic(a -> all(a, t -> "'" + t + "'"), ANY));
    m.put("cat", TemplateFunction.variadic(a -> all(a, t -> t), ANY));
    m.put("indent", TemplateFunction.of(a -> indented(n(a[0]), s(a[1])), INT, STRING));
    m.put("nindent", TemplateFunction.of(a -> "\n" + indented(n(a[0]), s(a[1])), INT, STRING));
    m.put(
        "replace",
        TemplateFunction.of(
            a -> SprigStrings.replace(s(a[2]), s(a[0]), s(a[1]), -1), STRING, STRING, STRING));
    m.put(
        "plural", TemplateFunction.of(a -> n(a[2]) == 1 ? s(a[0]) : s(a[1]), STRING, STRING, INT));
    m.put("toString", TemplateFunction.of(a -> SprigStrings.text(a[0]), ANY));
    m.put("sha1sum", one(t -> LineFunctions.hash("SHA-1", t)));
    m.put("sha256sum", one(t -> LineFunctions.hash("SHA-256", t)));
    m.put("sha512sum", one(t -> LineFunctions.hash("SHA-512", t)));
    m.put("adler32sum", one(StringFunctions::adler32));
    m.put("b64enc", one(t -> Base64.getEncoder().encodeToString(bytes(t))));
    m.put("b64dec", one(StringFunctions::decoded));
    m.put("uuidv4", TemplateFunction.of(a -> UUID.randomUUID().toString()));
    m.put("base", one(t -> Paths.base(t)));
    m.put("dir", one(t -> Paths.dir(t)));
    m.put("ext", one(t -> Paths.ext(t)));
    m.put("clean", one(t -> Paths.clean(t)));
    m.put("isAbs", TemplateFunction.of(a -> s(a[0]).startsWith("/"), STRING));
    addExpressions(m);
  }

  private static void addExpressions(Map<String, TemplateFunction> m) {
    Parameter[] three = {STRING, STRING, STRING};
    m.put("regexMatch", two(a -> SprigStrings.pattern(s(a[0])).matcher(s(a[1])).find()));
    m.put("mustRegexMatch", Objects.requireNonNull(m.get("regexMatch")));
    m.put(
        "regexFind",
        two(
            a -> {
              Matcher x = SprigStrings.pattern(s(a[0])).matcher(s(a[1]));
              return x.find() ? x.group() : "";
            }));
    m.put(
        "regexFindAll",
        TemplateFunction.of(a -> found(s(a[0]), s(a[1]), n(a[2])), STRING, STRING, INT));
    m.put(
        "regexReplaceAll",
        TemplateFunction.of(
            a -> GoStrings.replaceAll(SprigStrings.pattern(s(a[0])), s(a[1]), s(a[2])), three));
    m.put(
        "regexReplaceAllLiteral",
        TemplateFunction.of(
            a ->
                GoStrings.replaceAll(
                    SprigStrings.pattern(s(a[0])), s(a[1]), s(a[2]).replace("$", "$$")),
            three));
    m.put(
        "regexSplit",
        TemplateFunction.of(a -> split(s(a[0]), s(a[1]), n(a[2])), STRING, STRING, INT));
    m.put("regexQuoteMeta", one(Pattern::quote));
  }

  private static byte[] bytes(String s) {
    return s.getBytes(StandardCharsets.UTF_8);
  }

  private static String untitle(String s) {
    StringBuilder sb = new StringBuilder(s);
    for (int i = 0; i < s.length(); i++) {
      if (i == 0 || Character.isWhitespace(s.charAt(i - 1))) {
        sb.setCharAt(i, Character.toLowerCase(s.charAt(i)));
      }
    }
    return sb.toString();
  }

  private static String swapCase(String s) {
    StringBuilder sb = new StringBuilder(s.length());
    s.codePoints()
        .map(c -> Character.isUpperCase(c) ? Character.toLowerCase(c) : Character.toUpperCase(c))
        .forEach(sb::appendCodePoint);
    return sb.toString();
  }

  private static String initials(String s) {
    return Arrays.stream(s.strip().split("\\s+"))
        .filter(w -> !w.isEmpty())
        .map(w -> w.substring(0, w.offsetByCodePoints(0, 1)))
        .collect(Collectors.joining());
  }

  /** The words of a name in lower case, joined by a separator. */
  private static String joined(String s, String separator) {
    String apart =
        s.replaceAll("([a-z0-9])([A-Z])", "$1 $2").replaceAll("([A-Z]+)([A-Z][a-z])", "$1 $2");
    return Arrays.stream(apart.split("[\\s_.-]+"))
        .filter(w -> !w.isEmpty())
        .map(w -> w.toLowerCase(Locale.ROOT))
        .collect(Collectors.joining(separator));
  }

  private static String camelCase(String s) {
    return Arrays.stream(s.split("[\\s_.-]+"))
        .filter(w -> !w.isEmpty())
        .map(w -> w.substring(0, 1).toUpperCase(Locale.ROOT) + w.substring(1))
        .collect(Collectors.joining());
  }

  private static String substring(long start, long end, String s) {
    int n = s.length();
    if (start < 0) {
      return s.substring(0, (int) Math.clamp(end, 0, n));
    }
    int a = (int) Math.min(start, n);
    return end < 0 || end > n ? s.substring(a) : s.substring(a, (int) Math.max(a, end));
  }

  private static String truncated(long c, String s) {
    if (c < 0) {
      return s.length() + c > 0 ? s.substring((int) (s.length() + c)) : s;
    }
    return s.length() > c ? s.substring(0, (int) c) : s;
  }

  private static String abbreviated(long width, String s) {
    return width < 4 || s.length() <= width ? s : s.substring(0, (int) width - 3) + "...";
  }

  private static String all(@Nullable Object[] values, UnaryOperator<String> each) {
    return Arrays.stream(values)
        .filter(Objects::nonNull)
        .map(v -> each.apply(SprigStrings.text(v)))
        .collect(Collectors.joining(" "));
  }

  private static String indented(long by, String s) {
    String pad = SprigStrings.repeat(" ", by);
    TextLimit.check(s.length() + s.lines().count() * pad.length());
    return pad + s.replace("\n", "\n" + pad);
  }

  private static String adler32(String s) {
    Adler32 a = new Adler32();
    a.update(bytes(s));
    return Long.toString(a.getValue());
  }

  private static String decoded(String s) {
    try {
      return new String(Base64.getDecoder().decode(s), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return String.valueOf(e.getMessage());
    }
  }

  static GoList strings(List<String> items) {
    return new GoList("[]string", items);
  }

  private static GoList found(String expression, String s, long most) {
    List<String> out = new ArrayList<>();
    Matcher x = SprigStrings.pattern(expression).matcher(s);
    while ((most < 0 || out.size() < most) && x.find()) {
      out.add(x.group());
    }
    return strings(out);
  }

  private static GoList split(String expression, String s, long most) {
    List<String> out = new ArrayList<>();
    Matcher x = SprigStrings.pattern(expression).matcher(s);
    int from = 0;
    while ((most < 0 || out.size() < most - 1) && x.find()) {
      if (x.end() == x.start() && (x.start() == 0 || x.start() == s.length())) {
        continue;
      }
      out.add(s.substring(from, x.start()));
      from = x.end();
    }
    if (most != 0) {
      out.add(s.substring(from));
    }
    return strings(out);
  }
}

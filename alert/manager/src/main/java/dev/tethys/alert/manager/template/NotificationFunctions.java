package dev.tethys.alert.manager.template;

import static dev.tethys.codec.template.TemplateFunction.Parameter.ANY;
import static dev.tethys.codec.template.TemplateFunction.Parameter.STRING;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.tethys.alert.template.Humanize;
import dev.tethys.codec.template.GoDuration;
import dev.tethys.codec.template.GoList;
import dev.tethys.codec.template.GoMap;
import dev.tethys.codec.template.GoStrings;
import dev.tethys.codec.template.GoTime;
import dev.tethys.codec.template.TemplateFunction;
import dev.tethys.codec.template.TemplateFunction.Failure;
import dev.tethys.codec.template.TemplateFunction.Parameter;
import dev.tethys.codec.template.html.SafeText;
import dev.tethys.model.GoCase;
import dev.tethys.model.GoQuote;
import dev.tethys.web.HttpException;
import dev.tethys.web.Params;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Template functions of Alertmanager, in addition to Go's own. */
final class NotificationFunctions {
  private static final Parameter TIME = new Parameter("time.Time", v -> v instanceof GoTime, false);
  private static final Parameter LIST =
      new Parameter("[]interface {}", v -> v instanceof GoList, true);

  private NotificationFunctions() {}

  private interface TextFunction {
    @Nullable Object apply(String s);
  }

  private static TemplateFunction text(TextFunction f) {
    return TemplateFunction.of(a -> f.apply(string(a[0])), STRING);
  }

  private static String string(@Nullable Object v) {
    return String.valueOf(v);
  }

  /** Returns all functions; {@code routeLabels} is empty unless it is replaced. */
  static Map<String, TemplateFunction> all(InstantSource clock) {
    Map<String, TemplateFunction> m = new TreeMap<>();
    m.put("toUpper", text(GoCase::upper));
    m.put("toLower", text(GoCase::lower));
    m.put("title", text(NotificationFunctions::title));
    m.put("trimSpace", text(String::strip));
    m.put(
        "join",
        TemplateFunction.of(
            a -> TemplateTypes.join(string(a[0]), a[1]), STRING, TemplateTypes.STRINGS));
    m.put("match", TemplateFunction.of(a -> match(string(a[0]), string(a[1])), STRING, STRING));
    m.put("safeHtml", text(s -> new SafeText(SafeText.Kind.HTML, s)));
    m.put("safeUrl", text(s -> new SafeText(SafeText.Kind.URL, s)));
    m.put("urlUnescape", text(NotificationFunctions::urlUnescape));
    m.put(
        "reReplaceAll",
        TemplateFunction.of(
            a -> GoStrings.replaceAll(pattern(string(a[0])), string(a[2]), string(a[1])),
            STRING,
            STRING,
            STRING));
    m.put(
        "stringSlice",
        TemplateFunction.variadic(a -> new GoList("[]string", Arrays.asList(a)), STRING));
    m.put("routeLabels", text(s -> ""));
    m.put("date", TemplateFunction.of(a -> time(a[1]).format(string(a[0])), STRING, TIME));
    m.put("tz", TemplateFunction.of(a -> inZone(string(a[0]), time(a[1])), STRING, TIME));
    m.put("now", TemplateFunction.of(a -> GoTime.utc(clock.instant())));
    m.put(
        "since",
        TemplateFunction.of(
            a ->
                new GoDuration(
                    Duration.between(time(a[0]).time().toInstant(), clock.instant()).toNanos()),
            TIME));
    m.put("humanizeDuration", TemplateFunction.of(a -> Humanize.duration(a[0]), ANY));
    m.put("toDate", TemplateFunction.of(a -> date(string(a[0]), string(a[1])), STRING, STRING));
    m.put(
        "mustToDate",
        TemplateFunction.of(a -> mustDate(string(a[0]), string(a[1])), STRING, STRING));
    m.put("toJson", TemplateFunction.of(a -> NotificationJson.limited(a[0]), ANY));
    m.put(
        "base64encode",
        text(s -> Base64.getUrlEncoder().encodeToString(s.getBytes(StandardCharsets.UTF_8))));
    m.put("base64decode", text(NotificationFunctions::base64Decode));
    m.put(
        "list",
        TemplateFunction.variadic(a -> new GoList("[]interface {}", Arrays.asList(a)), ANY));
    m.put("append", TemplateFunction.variadic(NotificationFunctions::append, LIST, ANY));
    m.put("dict", TemplateFunction.variadic(NotificationFunctions::dict, ANY));
    return m;
  }

  /** Capitalizes every word and converts the other letters to lower case. */
  private static String title(String s) {
    return GoStrings.title(GoCase.lower(s));
  }

  private static Pattern pattern(String expression) {
    try {
      return Pattern.compile(expression);
    } catch (PatternSyntaxException e) {
      throw new Failure(
          "regexp: Compile(`" + expression + "`): error parsing regexp: " + e.getMessage());
    }
  }

  private static boolean match(String expression, String s) {
    try {
      return Pattern.compile(expression).matcher(s).find();
    } catch (PatternSyntaxException e) {
      throw new Failure(String.valueOf(e.getMessage()));
    }
  }

  private static String urlUnescape(String s) {
    try {
      return Params.decodeQuery(s);
    } catch (HttpException e) {
      throw new Failure(String.valueOf(e.getMessage()));
    }
  }

  private static GoTime time(@Nullable Object v) {
    return v instanceof GoTime t ? t : GoTime.utc(TemplateData.NO_TIME);
  }

  private static GoTime inZone(String name, GoTime t) {
    try {
      ZoneId zone =
          switch (name) {
            case "", "UTC" -> ZoneOffset.UTC;
            case "Local" -> ZoneId.systemDefault();
            default -> ZoneId.of(name);
          };
      return new GoTime(t.time().withZoneSameInstant(zone));
    } catch (DateTimeException e) {
      throw new Failure("unknown time zone " + name);
    }
  }

  private static GoTime date(String layout, String s) {
    try {
      return GoTime.parse(layout, s);
    } catch (IllegalArgumentException e) {
      return GoTime.utc(TemplateData.NO_TIME);
    }
  }

  private static GoTime mustDate(String layout, String s) {
    try {
      return GoTime.parse(layout, s);
    } catch (IllegalArgumentException e) {
      throw new Failure(
          "parsing time "
              + GoQuote.quote(s)
              + " as "
              + GoQuote.quote(layout)
              + ": "
              + e.getMessage());
    }
  }

  private static String base64Decode(String s) {
    try {
      return new String(Base64.getUrlDecoder().decode(s), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new Failure("illegal base64 data: " + e.getMessage());
    }
  }

  private static Object append(@Nullable Object[] args) {
    List<@Nullable Object> items =
        new ArrayList<>(args[0] instanceof GoList l ? l.items() : List.of());
    items.addAll(Arrays.asList(args).subList(1, args.length));
    return new GoList("[]interface {}", items);
  }

  private static Object dict(@Nullable Object[] args) {
    if (args.length % 2 != 0) {
      throw new Failure("dict requires an even number of arguments");
    }
    Map<String, @Nullable Object> m = new TreeMap<>();
    for (int i = 0; i < args.length; i += 2) {
      if (!(args[i] instanceof String key)) {
        throw new Failure("dict keys must be strings");
      }
      m.put(key, args[i + 1]);
    }
    return GoMap.ofAny(m);
  }
}

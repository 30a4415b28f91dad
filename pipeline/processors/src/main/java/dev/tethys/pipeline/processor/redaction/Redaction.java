package dev.tethys.pipeline.processor.redaction;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.DistributionDataPoint;
import dev.tethys.model.telemetry.Exemplar;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.SpanLink;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.ottl.ValueText;
import dev.tethys.pipeline.privacy.Detector;
import dev.tethys.pipeline.privacy.PersonalData;
import dev.tethys.pipeline.processor.TreeEditorFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The {@code redaction} processor. Ignored keys pass. Other keys are removed unless allowed, values
 * of blocked keys are masked entirely, and matches of blocked expressions are masked in the
 * remaining values, unless the value matches an allowed expression. Detectors, an extension of the
 * Collector's settings, mask their findings in these values and in names and status messages of
 * spans.
 */
public final class Redaction {
  private static final String MASK = "****";
  private static final String PREFIX = "redaction.";

  /**
   * Attributes that summarise a redaction; a second redaction after it leaves them and adds to
   * them.
   */
  private static final Set<String> SUMMARIES =
      Stream.of(PREFIX, PREFIX + "body.")
          .flatMap(
              p ->
                  Stream.concat(
                      Stream.of("redacted", "masked", "allowed")
                          .flatMap(what -> Stream.of(p + what + ".keys", p + what + ".count")),
                      Stream.of(p + "ignored.count")))
          .collect(Collectors.toUnmodifiableSet());

  // SpanKind of OTLP
  private static final int INTERNAL = 1;
  private static final int SERVER = 2;
  private static final int CLIENT = 3;

  private enum Summary {
    SILENT,
    INFO,
    DEBUG
  }

  private static final Section SECTION =
      new Section("redaction", "Removes and masks attributes and parts of log bodies.");
  private static final Key<Boolean> ALLOW_ALL_KEYS =
      SECTION.key("allow_all_keys", Type.BOOL, false, "If true, allowed_keys is ignored.");
  private static final Key<List<String>> ALLOWED_KEYS =
      list("allowed_keys", "Attribute keys to keep; all others are removed.");
  private static final Key<List<String>> IGNORED_KEYS =
      list("ignored_keys", "Attribute keys that are neither removed nor masked.");
  private static final Key<List<String>> IGNORED_KEY_PATTERNS =
      list(
          "ignored_key_patterns",
          "RE2 expressions of further keys that are neither removed nor masked.");
  private static final Key<List<String>> BLOCKED_KEY_PATTERNS =
      list("blocked_key_patterns", "RE2 expressions of keys whose values are masked.");
  private static final Key<List<String>> BLOCKED_VALUES =
      list("blocked_values", "RE2 expressions; matching parts of values are masked.");
  private static final Key<List<String>> ALLOWED_VALUES =
      list(
          "allowed_values",
          "RE2 expressions of values that are not masked, also under blocked "
              + "keys of attributes.");
  private static final Key<Boolean> ALL_TYPES =
      SECTION.key(
          "redact_all_types",
          Type.BOOL,
          false,
          "If true, attribute values that are not strings are masked too, as in " + "bodies.");
  private static final Key<HashFunction> HASH =
      SECTION.optional(
          "hash_function",
          HashFunction.TYPE,
          "Hash function; values are hashed instead of masked with asterisks.");
  private static final Key<Secret> HMAC_KEY =
      SECTION.key("hmac_key", Type.SECRET, Secret.NONE, "Key of hmac-sha256 and hmac-sha512.");
  private static final Key<Summary> SUMMARY =
      SECTION.key(
          "summary",
          Type.lowerCase("summary", Summary.class),
          Summary.SILENT,
          "Attributes that report redactions: silent for none, info for counts, "
              + "debug for names too.");

  private static final Key<UrlSanitizer> URLS =
      SECTION.optional("url_sanitizer", UrlSanitizer.TYPE, "Removes variable parts from URLs.");
  private static final Key<DatabaseSanitizer> DATABASES =
      SECTION.optional(
          "db_sanitizer", DatabaseSanitizer.TYPE, "Removes literals from database statements.");

  private static final Key<List<Detector>> DETECTORS =
      SECTION.key(
          "detectors",
          Type.list(Type.lowerCase("detector", Detector.class)),
          List.of(),
          "Detectors of parts of values to mask: card, iban, email, phone, ip, " + "token, key.");

  private final boolean allowAll;
  private final Set<String> allowed;
  private final Set<String> ignored;
  private final List<Pattern> ignoredPatterns;
  private final List<Pattern> blockedKeys;
  private final List<Pattern> blockedValues;
  private final List<Pattern> allowedValues;
  private final boolean allTypes;
  private final @Nullable HashFunction hash;
  private final byte[] hmacKey;
  private final Summary summary;
  private final @Nullable UrlSanitizer urls;
  private final @Nullable DatabaseSanitizer databases;
  private final @Nullable PersonalData detect;
  private final Consumer<Detector> found;

  /** Creates a redaction with the same settings that also counts findings. */
  private Redaction(Redaction of, Consumer<Detector> found) {
    allowAll = of.allowAll;
    allowed = of.allowed;
    ignored = of.ignored;
    ignoredPatterns = of.ignoredPatterns;
    blockedKeys = of.blockedKeys;
    blockedValues = of.blockedValues;
    allowedValues = of.allowedValues;
    allTypes = of.allTypes;
    hash = of.hash;
    hmacKey = of.hmacKey;
    summary = of.summary;
    urls = of.urls;
    databases = of.databases;
    detect = of.detect;
    this.found = found;
  }

  private Redaction(YamlObject o) {
    found = d -> {};
    List<Detector> wanted = o.get(DETECTORS);
    detect = wanted.isEmpty() ? null : new PersonalData(EnumSet.copyOf(wanted));
    allowAll = o.get(ALLOW_ALL_KEYS);
    allowed = new HashSet<>(SUMMARIES);
    allowed.addAll(o.get(ALLOWED_KEYS));
    ignored = new HashSet<>(o.get(IGNORED_KEYS));
    ignoredPatterns = patterns(o, IGNORED_KEY_PATTERNS);
    blockedKeys = patterns(o, BLOCKED_KEY_PATTERNS);
    blockedValues = patterns(o, BLOCKED_VALUES);
    allowedValues = patterns(o, ALLOWED_VALUES);
    allTypes = o.get(ALL_TYPES);
    hash = o.find(HASH);
    hmacKey = o.get(HMAC_KEY).value().getBytes(StandardCharsets.UTF_8);
    if (hash != null && hash.keyed() && hmacKey.length == 0) {
      throw o.error(HASH, "requires hmac_key, the secret key of the hash");
    }
    summary = o.get(SUMMARY);
    urls = o.find(URLS);
    databases = o.find(DATABASES);
  }

  private static Key<List<String>> list(String key, String doc) {
    return SECTION.key(key, Type.list(Type.STRING), List.of(), doc);
  }

  private static List<Pattern> patterns(YamlObject o, Key<List<String>> key) {
    List<Pattern> patterns = new ArrayList<>();
    for (String s : o.get(key)) {
      try {
        patterns.add(Pattern.compile(s));
      } catch (PatternSyntaxException e) {
        throw o.error(key, "contains an invalid RE2 regular expression: " + e.getMessage());
      }
    }
    return List.copyOf(patterns);
  }

  public static ProcessorFactory<Redaction> factory() {
    return new TreeEditorFactory<>(
        "redaction",
        "Removes and masks attributes and parts of bodies.",
        SECTION.type(Redaction::new),
        Set.of(Signal.TRACES, Signal.METRICS, Signal.LOGS),
        (r, _, context) -> {
          Redaction counting = r.detect == null ? r : new Redaction(r, counts(context));
          return (data, _) -> {
            counting.redact(data);
            return true;
          };
        });
  }

  private static Consumer<Detector> counts(Context context) {
    Registry.Vector<Registry.Counter> v =
        context
            .metrics()
            .counters(
                "tethys_redaction_findings_total",
                "Parts of values that detectors of the redaction processor masked.",
                "processor",
                "detector");
    Map<Detector, Registry.Counter> by = new EnumMap<>(Detector.class);
    for (Detector d : Detector.values()) {
      by.put(d, v.with(context.id().toString(), d.word()));
    }
    return d -> {
      Registry.Counter c = by.get(d);
      if (c != null) {
        c.add(1);
      }
    };
  }

  private void redact(Telemetry<?> data) {
    for (ResourceGroup<?> r : data.resources()) {
      attributes(r.resource().attributes());
      for (ScopeGroup<?> s : r.scopes()) {
        attributes(s.scope().attributes());
        for (Object item : s.items()) {
          item(item);
        }
      }
    }
  }

  private void item(Object item) {
    switch (item) {
      case Span s -> {
        name(s);
        if (detect != null) {
          s.setStatusMessage(detected(s.statusMessage()));
        }
        attributes(s.attributes());
        if (s.hasEvents()) {
          for (SpanEvent e : s.events()) {
            attributes(e.attributes());
          }
        }
        if (s.hasLinks()) {
          for (SpanLink l : s.links()) {
            attributes(l.attributes());
          }
        }
      }
      case LogRecord l -> {
        String system = DatabaseSanitizer.system(l.attributes());
        attributes(l.attributes());
        body(l, system);
      }
      case Metric m -> {
        if (m.data() != null) {
          for (DataPoint p : m.data().points()) {
            attributes(p.attributes());
            for (Exemplar e : exemplars(p)) {
              attributes(e.attributes());
            }
          }
        }
      }
      default -> throw new AssertionError();
    }
  }

  private static List<Exemplar> exemplars(DataPoint p) {
    return switch (p) {
      case NumberDataPoint n when n.hasExemplars() -> n.exemplars();
      case DistributionDataPoint d when d.hasExemplars() -> d.exemplars();
      default -> List.of();
    };
  }

  private void attributes(Attributes a) {
    if (a.isEmpty()) {
      return;
    }
    Done done = new Done();
    String system = DatabaseSanitizer.system(a); // read before it may be removed
    for (int i = a.size() - 1; i >= 0; i--) {
      String key = a.key(i);
      if (ignored(key)) {
        done.ignored++;
        continue;
      }
      if (!allowAll && !allowed.contains(key)) {
        done.removed.add(key);
        a.remove(key);
        i = Math.min(i, a.size());
        continue;
      }
      Object v = a.value(i);
      String text = v instanceof String || allTypes ? ValueText.of(v) : "";
      if (matches(allowedValues, text)) {
        done.allowed.add(key);
        continue;
      }
      Object after;
      if (matches(blockedKeys, key)) {
        after = mask(text);
      } else if (v instanceof Attributes || v instanceof ArrayValue) {
        Done within = new Done();
        after = new Walk(within, false, allTypes, s -> s).value(v, key);
        done.masked.addAll(within.masked);
        done.ignored += within.ignored;
        a.setValue(i, after);
        continue;
      } else {
        String masked = attribute(key, blocked(text), system);
        after = masked.equals(text) ? v : masked;
      }
      if (!Objects.equals(after, v)) {
        a.setValue(i, after);
        done.masked.add(key);
      }
    }
    summarise(a, PREFIX, done);
  }

  private String attribute(String key, String text, String system) {
    String out = urls == null ? text : urls.attribute(key, text);
    return databases == null ? out : databases.attribute(key, out, system);
  }

  private void body(LogRecord l, String system) {
    Object body = l.body();
    if (body == null) {
      return;
    }
    Done done = new Done();
    Object after =
        new Walk(
                done,
                !allowAll,
                true,
                s -> {
                  String out = urls == null ? s : urls.body(s);
                  return databases == null ? out : databases.body(out, system);
                })
            .value(body, "");
    if (!Objects.equals(after, body)) {
      l.setBody(after);
    }
    if (!(body instanceof Attributes) && !(body instanceof ArrayValue)) {
      done.allowed.clear(); // has no key to name
    }
    summarise(l.attributes(), PREFIX + "body.", done);
  }

  /** Changes to one attribute set or body. */
  private static final class Done {
    final List<String> removed = new ArrayList<>();
    final List<String> masked = new ArrayList<>();
    final List<String> allowed = new ArrayList<>();
    int ignored;
  }

  private void summarise(Attributes a, String prefix, Done done) {
    if (summary == Summary.SILENT) {
      return;
    }
    summarise(a, prefix + "redacted", done.removed);
    summarise(a, prefix + "masked", done.masked);
    summarise(a, prefix + "allowed", done.allowed);
    count(a, prefix + "ignored.count", done.ignored);
  }

  private void summarise(Attributes a, String what, List<String> keys) {
    if (keys.isEmpty()) {
      return;
    }
    if (summary == Summary.DEBUG) {
      List<String> all = new ArrayList<>(keys);
      String before = a.getString(what + ".keys");
      if (before != null && !before.isEmpty()) {
        all.addAll(List.of(before.split(",", -1)));
      }
      all.sort(null);
      a.put(what + ".keys", String.join(",", all));
    }
    count(a, what + ".count", keys.size());
  }

  private static void count(Attributes a, String key, int n) {
    if (n > 0) {
      a.put(key, n + (a.get(key) instanceof Long before ? before : 0L));
    }
  }

  /** Walks through nested maps and lists. */
  private final class Walk {
    private final Done done;
    private final boolean remove;
    private final boolean everything;
    private final UnaryOperator<String> sanitize;

    /**
     * Creates a walk.
     *
     * @param done records the changes by key path
     * @param remove whether keys that are not allowed are removed
     * @param everything whether values other than text are checked as text
     * @param sanitize further transformation of strings
     */
    Walk(Done done, boolean remove, boolean everything, UnaryOperator<String> sanitize) {
      this.done = done;
      this.remove = remove;
      this.everything = everything;
      this.sanitize = sanitize;
    }

    /**
     * Returns the value without blocked content; the same object if unchanged or edited in place.
     */
    @Nullable Object value(@Nullable Object v, String path) {
      switch (v) {
        case Attributes map -> map(map, path.isEmpty() ? "" : path + ".");
        case ArrayValue list -> {
          for (int i = 0; i < list.size(); i++) {
            Object before = list.get(i);
            Object after = value(before, (path.isEmpty() ? "" : path + ".") + "[" + i + "]");
            if (!Objects.equals(after, before)) {
              list.set(i, after);
            }
          }
        }
        case null, default -> {
          return leaf(v, path.isEmpty() ? "body" : path);
        }
      }
      return v;
    }

    private void map(Attributes map, String path) {
      for (int i = map.size() - 1; i >= 0; i--) {
        String key = map.key(i);
        if (ignored(key)) {
          done.ignored++;
          continue;
        }
        if (remove && !allowed.contains(key)) {
          done.removed.add(path + key);
          map.remove(key);
          i = Math.min(i, map.size());
          continue;
        }
        Object before = map.value(i);
        Object after;
        if (matches(blockedKeys, key)) {
          done.masked.add(path + key);
          after = mask(before instanceof String s ? s : "");
        } else {
          after = value(before, path + key);
        }
        if (!Objects.equals(after, before)) {
          map.setValue(i, after);
        }
      }
    }

    private @Nullable Object leaf(@Nullable Object v, String path) {
      String text = v instanceof String || everything ? ValueText.of(v) : "";
      if (matches(allowedValues, text)) {
        done.allowed.add(path);
        return v;
      }
      String masked = sanitize.apply(blocked(text));
      if (masked.equals(text)) {
        return v;
      }
      done.masked.add(path);
      return masked;
    }
  }

  private void name(Span s) {
    boolean client = s.kind() == CLIENT || s.kind() == SERVER;
    if (matches(allowedValues, s.name())) {
      return;
    }
    String name = urls == null || !client ? s.name() : urls.spanName(s.name());
    if (databases != null && (client || s.kind() == INTERNAL)) {
      name = databases.spanName(name, DatabaseSanitizer.system(s.attributes()));
    }
    name = detected(name);
    if (!name.equals(s.name())) {
      s.setName(name);
    }
  }

  private boolean ignored(String key) {
    return ignored.contains(key) || matches(ignoredPatterns, key);
  }

  private static boolean matches(List<Pattern> patterns, String s) {
    for (Pattern p : patterns) {
      if (p.matcher(s).find()) {
        return true;
      }
    }
    return false;
  }

  /** Masks the blocked content of a text. */
  private String blocked(String text) {
    String masked = text;
    for (Pattern p : blockedValues) {
      masked = masked(p, masked);
    }
    return detected(masked);
  }

  private String detected(String text) {
    return detect == null
        ? text
        : detect.masked(
            text,
            (f, part) -> {
              found.accept(f.detector());
              return mask(part);
            });
  }

  private String masked(Pattern p, String text) {
    Matcher m = p.matcher(text);
    if (!m.find()) {
      return text;
    }
    if (text.isEmpty()) {
      return mask(text);
    }
    StringBuilder sb = new StringBuilder();
    int copied = 0;
    do {
      if (m.end() > m.start()) {
        sb.append(text, copied, m.start()).append(mask(text.substring(m.start(), m.end())));
        copied = m.end();
      }
    } while (m.find());
    return sb.append(text, copied, text.length()).toString();
  }

  private String mask(String text) {
    return hash == null ? MASK : hash.hex(text, hmacKey);
  }
}

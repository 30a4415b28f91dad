package dev.tethys.pipeline.processor.redaction;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.ottl.ValueText;
import dev.tethys.pipeline.processor.Simple;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The {@code redaction} processor. Keys that are ignored pass; of the others those not allowed are
 * removed, values under blocked keys are masked whole, and what matches a blocked expression is
 * masked in the values that remain, unless the value matches an allowed one.
 */
public final class Redaction {
  private static final String MASK = "****";
  private static final String PREFIX = "redaction.";

  // SpanKind of OTLP
  private static final int INTERNAL = 1;
  private static final int SERVER = 2;
  private static final int CLIENT = 3;

  private enum Hash {
    MD5("MD5"),
    SHA1("SHA-1"),
    SHA3("SHA3-256");

    private final String algorithm;

    Hash(String algorithm) {
      this.algorithm = algorithm;
    }
  }

  private enum Summary {
    SILENT,
    INFO,
    DEBUG
  }

  private static final Section SECTION =
      new Section("redaction", "Removes and masks attributes and parts of bodies.");
  private static final Key<Boolean> ALLOW_ALL_KEYS =
      SECTION.key("allow_all_keys", Type.BOOL, false, "Whether allowed_keys is passed over.");
  private static final Key<List<String>> ALLOWED_KEYS =
      list("allowed_keys", "Keys that stay; all others are removed.");
  private static final Key<List<String>> IGNORED_KEYS =
      list("ignored_keys", "Keys that pass as they are.");
  private static final Key<List<String>> IGNORED_KEY_PATTERNS =
      list("ignored_key_patterns", "RE2: further keys that pass as they are.");
  private static final Key<List<String>> BLOCKED_KEY_PATTERNS =
      list("blocked_key_patterns", "RE2: keys whose values are masked.");
  private static final Key<List<String>> BLOCKED_VALUES =
      list("blocked_values", "RE2: parts of values that are masked.");
  private static final Key<List<String>> ALLOWED_VALUES =
      list("allowed_values", "RE2: values that are not masked.");
  private static final Key<Boolean> ALL_TYPES =
      SECTION.key(
          "redact_all_types", Type.BOOL, false, "Whether values that are no text count too.");
  private static final Key<Hash> HASH =
      SECTION.optional(
          "hash_function",
          Type.lowerCase("hash function", Hash.class),
          "md5, sha1 or sha3 instead of asterisks.");
  private static final Key<Summary> SUMMARY =
      SECTION.key(
          "summary",
          Type.lowerCase("summary", Summary.class),
          Summary.INFO,
          "silent, info (counts) or debug (names too), as attributes of the item.");

  private static final Key<UrlSanitizer> URLS =
      SECTION.optional("url_sanitizer", UrlSanitizer.TYPE, "Takes what varies out of URLs.");
  private static final Key<DatabaseSanitizer> DATABASES =
      SECTION.optional("db_sanitizer", DatabaseSanitizer.TYPE, "Takes literals out of statements.");

  private final boolean allowAll;
  private final Set<String> allowed;
  private final Set<String> ignored;
  private final List<Pattern> ignoredPatterns;
  private final List<Pattern> blockedKeys;
  private final List<Pattern> blockedValues;
  private final List<Pattern> allowedValues;
  private final boolean allTypes;
  private final @Nullable Hash hash;
  private final Summary summary;
  private final @Nullable UrlSanitizer urls;
  private final @Nullable DatabaseSanitizer databases;

  private Redaction(YamlObject o) {
    allowAll = o.get(ALLOW_ALL_KEYS);
    allowed = new HashSet<>(o.get(ALLOWED_KEYS));
    ignored = new HashSet<>(o.get(IGNORED_KEYS));
    ignoredPatterns = patterns(o, IGNORED_KEY_PATTERNS);
    blockedKeys = patterns(o, BLOCKED_KEY_PATTERNS);
    blockedValues = patterns(o, BLOCKED_VALUES);
    allowedValues = patterns(o, ALLOWED_VALUES);
    allTypes = o.get(ALL_TYPES);
    hash = o.find(HASH);
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
        throw o.error(key, "holds what is not a regular expression of RE2: " + e.getMessage());
      }
    }
    return List.copyOf(patterns);
  }

  public static ProcessorFactory<Redaction> factory() {
    return new Simple<>(
        "redaction",
        "Removes and masks attributes and parts of bodies.",
        SECTION.type(Redaction::new),
        Set.of(Signal.TRACES, Signal.METRICS, Signal.LOGS),
        (r, _, _) ->
            (data, _) -> {
              r.redact(data);
              return true;
            });
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
        attributes(s.attributes());
        if (s.hasEvents()) {
          for (SpanEvent e : s.events()) {
            attributes(e.attributes());
          }
        }
      }
      case LogRecord l -> {
        sanitize(l);
        attributes(l.attributes());
        body(l);
      }
      case Metric m -> {
        if (m.data() != null) {
          for (DataPoint p : m.data().points()) {
            attributes(p.attributes());
          }
        }
      }
      default -> throw new AssertionError();
    }
  }

  /** What was done to one item. */
  private static final class Done {
    final Set<String> removed = new TreeSet<>();
    final Set<String> masked = new TreeSet<>();
    int ignored;
  }

  private void attributes(Attributes a) {
    if (a.isEmpty()) {
      return;
    }
    Done done = new Done();
    sanitize(a);
    edit(a, "", done, !allowAll);
    if (summary == Summary.SILENT) {
      return;
    }
    summarise(a, "redacted", done.removed);
    summarise(a, "masked", done.masked);
    if (done.ignored > 0) {
      a.put(PREFIX + "ignored.count", (long) done.ignored);
    }
  }

  private void summarise(Attributes a, String what, Set<String> keys) {
    if (keys.isEmpty()) {
      return;
    }
    if (summary == Summary.DEBUG) {
      a.put(PREFIX + what + ".keys", String.join(",", keys));
    }
    a.put(PREFIX + what + ".count", (long) keys.size());
  }

  /** Before anything is removed, so that the database of a statement is known. */
  private void sanitize(Attributes a) {
    if (urls == null && databases == null) {
      return;
    }
    String system = DatabaseSanitizer.system(a);
    for (int i = 0; i < a.size(); i++) {
      String key = a.key(i);
      if (a.value(i) instanceof String before && !ignored(key)) {
        String text = urls == null ? before : urls.attribute(key, before);
        text = databases == null ? text : databases.attribute(key, text, system);
        if (!text.equals(before)) {
          a.setValue(i, text);
        }
      }
    }
  }

  private void sanitize(LogRecord l) {
    if (l.body() instanceof String before && (urls != null || databases != null)) {
      String text = urls == null ? before : urls.body(before);
      text =
          databases == null ? text : databases.body(text, DatabaseSanitizer.system(l.attributes()));
      if (!text.equals(before)) {
        l.setBody(text);
      }
    }
  }

  private void name(Span s) {
    boolean client = s.kind() == CLIENT || s.kind() == SERVER;
    String name = urls == null || !client ? s.name() : urls.spanName(s.name());
    if (databases != null && (client || s.kind() == INTERNAL)) {
      name = databases.spanName(name, DatabaseSanitizer.system(s.attributes()));
    }
    if (!name.equals(s.name())) {
      s.setName(name);
    }
  }

  private void body(LogRecord l) {
    Done done = new Done();
    switch (l.body()) {
      case Attributes m -> edit(m, "body.", done, !allowAll);
      case null -> {}
      default -> {
        Object masked = value(l.body());
        if (masked != l.body()) {
          l.setBody(masked);
        }
      }
    }
  }

  private void edit(Attributes a, String path, Done done, boolean remove) {
    for (int i = a.size() - 1; i >= 0; i--) {
      String key = a.key(i);
      if (ignored(key)) {
        done.ignored++;
        continue;
      }
      if (path.isEmpty() && key.startsWith(PREFIX)) {
        continue; // what a redaction before this one says
      }
      if (remove && !allowed.contains(key)) {
        done.removed.add(path + key);
        a.remove(key);
        i = Math.min(i, a.size());
        continue;
      }
      Object v = a.value(i);
      if (matches(blockedKeys, key)) {
        if (v instanceof String || allTypes) {
          a.setValue(i, mask(ValueText.of(v)));
          done.masked.add(path + key);
        }
        continue;
      }
      if (v instanceof Attributes inner) {
        edit(inner, path + key + ".", done, false);
        continue;
      }
      Object masked = value(v);
      if (masked != v) {
        a.setValue(i, masked);
        done.masked.add(path + key);
      }
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

  /** The value masked, or itself when nothing of it is blocked. */
  private @Nullable Object value(@Nullable Object v) {
    if (v instanceof ArrayValue list) {
      boolean changed = false;
      ArrayValue masked = new ArrayValue();
      for (int i = 0; i < list.size(); i++) {
        Object m = value(list.get(i));
        changed |= m != list.get(i);
        masked.add(m);
      }
      return changed ? masked : v;
    }
    if (v == null || !(v instanceof String) && !allTypes || blockedValues.isEmpty()) {
      return v;
    }
    String text = ValueText.of(v);
    if (matches(allowedValues, text)) {
      return v;
    }
    String masked = text;
    for (Pattern p : blockedValues) {
      masked = masked(p, masked);
    }
    return masked.equals(text) ? v : masked;
  }

  private String masked(Pattern p, String text) {
    Matcher m = p.matcher(text);
    if (!m.find()) {
      return text;
    }
    StringBuilder sb = new StringBuilder();
    int end = 0;
    do {
      if (m.end() > m.start()) {
        sb.append(text, end, m.start()).append(mask(text.substring(m.start(), m.end())));
        end = m.end();
      }
    } while (m.find());
    return sb.append(text, end, text.length()).toString();
  }

  private String mask(String text) {
    if (hash == null) {
      return MASK;
    }
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance(hash.algorithm)
                  .digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}

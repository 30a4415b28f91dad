package dev.tethys.collect.exporter.blackbox;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One step of a dialogue: wait for a pattern, send a reply, start TLS.
 *
 * @param expect null for nothing
 * @param expectBytes bytes, one per character
 * @param labels labels that may refer to groups of {@code expect}
 * @param send bytes in the same form, which may refer to them too
 */
record QueryResponse(
    @Nullable Pattern expect,
    String expectBytes,
    Map<String, String> labels,
    String send,
    boolean startTls) {
  private static final Type<String> BYTES = Type.of("string", "", YamlNode::asByteString);
  private static final Section LABEL = new Section("label", "Label of probe_expect_info.");
  private static final Key<String> NAME = LABEL.required("name", Type.STRING, "Name of the label.");
  private static final Key<String> VALUE =
      LABEL.key("value", Type.STRING, "", "Value of the label; ${1} is a group of the match.");

  private static final Section SECTION =
      new Section("query_response", "Step of a query and response dialogue.");
  private static final Key<Pattern> EXPECT =
      SECTION.optional("expect", Type.REGEX, "Regular expression that a received line must match.");
  private static final Key<String> EXPECT_BYTES =
      SECTION.key("expect_bytes", BYTES, "", "Bytes that must be received next.");
  private static final Key<List<Map.Entry<String, String>>> LABELS =
      SECTION.key(
          "labels",
          Type.list(LABEL.type(o -> Map.entry(o.get(NAME), o.get(VALUE)))),
          List.of(),
          "Labels of probe_expect_info.");
  private static final Key<String> SEND =
      SECTION.key("send", BYTES, "", "Line to send; ${1} is a group of the match.");
  private static final Key<Boolean> START_TLS =
      SECTION.key("starttls", Type.BOOL, false, "If true, upgrades the connection to TLS.");
  static final Type<List<QueryResponse>> LIST = Type.list(SECTION.type(QueryResponse::read));

  private static QueryResponse read(YamlObject o) {
    Pattern expect = o.find(EXPECT);
    if (expect != null && !o.get(EXPECT_BYTES).isEmpty()) {
      throw o.error("expect and expect_bytes are mutually exclusive");
    }
    Map<String, String> labels = new LinkedHashMap<>();
    o.get(LABELS).forEach(l -> labels.put(l.getKey(), l.getValue()));
    return new QueryResponse(expect, o.get(EXPECT_BYTES), labels, o.get(SEND), o.get(START_TLS));
  }

  /** Bytes to send after a match. */
  byte[] sent(@Nullable Matcher m) {
    String s = m == null ? send : expand(send, m, g -> latin(g.getBytes(StandardCharsets.UTF_8)));
    return s.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String latin(byte[] b) {
    return new String(b, StandardCharsets.ISO_8859_1);
  }

  /**
   * Expands {@code $1}, {@code ${1}} and {@code ${name}} in a template to the groups of a match.
   */
  static String expand(String template, Matcher m, UnaryOperator<String> written) {
    StringBuilder sb = new StringBuilder();
    for (int i = 0; i < template.length(); i++) {
      char c = template.charAt(i);
      if (c != '$' || i + 1 == template.length()) {
        sb.append(c);
        continue;
      }
      if (template.charAt(i + 1) == '$') {
        sb.append('$');
        i++;
        continue;
      }
      boolean braced = template.charAt(i + 1) == '{';
      int from = i + (braced ? 2 : 1);
      int to = from;
      while (to < template.length() && isWord(template.charAt(to))) {
        to++;
      }
      if (to == from || braced && (to == template.length() || template.charAt(to) != '}')) {
        sb.append(c); // no reference after all
        continue;
      }
      sb.append(written.apply(group(m, template.substring(from, to))));
      i = braced ? to : to - 1;
    }
    return sb.toString();
  }

  private static boolean isWord(char c) {
    return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
  }

  private static String group(Matcher m, String name) {
    String g;
    try {
      g =
          name.chars().allMatch(Character::isDigit)
              ? Integer.parseInt(name) <= m.groupCount() ? m.group(Integer.parseInt(name)) : null
              : m.group(name);
    } catch (IllegalArgumentException e) { // also of numbers that are too large
      g = null;
    }
    return g == null ? "" : g;
  }

  Map<String, @Nullable Object> tree() {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("expect", expect == null ? null : expect.pattern());
    m.put("expect_bytes", expectBytes.isEmpty() ? null : expectBytes);
    m.put(
        "labels",
        labels.isEmpty()
            ? null
            : labels.entrySet().stream()
                .map(e -> Map.of("name", e.getKey(), "value", e.getValue()))
                .toList());
    m.put("send", send.isEmpty() ? null : send);
    m.put("starttls", startTls ? true : null);
    return m;
  }
}

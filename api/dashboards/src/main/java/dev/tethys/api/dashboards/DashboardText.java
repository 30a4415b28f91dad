package dev.tethys.api.dashboards;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.codec.json.tree.JsonReader;
import dev.tethys.codec.json.tree.MalformedJsonException;
import dev.tethys.web.HttpException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Checked content of a dashboard: Grafana's JSON model, kept as the client wrote it.
 *
 * @param uid "" if the model has none
 */
record DashboardText(String text, String uid, String title, List<String> tags) {
  private static final int MAX_TITLE = 200;
  private static final int MAX_TAGS = 50;
  private static final int MAX_TAG = 100;

  /** Grafana's uids. They are names of files and segments of paths. */
  static final Pattern UID = Pattern.compile("[A-Za-z0-9_-]{1,40}");

  /** Members of which a dashboard has at least one. */
  private static final Set<String> CONTENT =
      Set.of("panels", "rows", "templating", "schemaVersion", "title", "annotations");

  /** Reads a model, or a response of Grafana's API that has it in the member dashboard. */
  static DashboardText read(byte[] bytes) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new HttpException(400, "dashboard is not UTF-8; save the file in this encoding");
    }
    return of(text.startsWith("\uFEFF") ? text.substring(1) : text, true);
  }

  /** Reads a model that was checked before it was stored. */
  static DashboardText ofStored(String text) {
    return of(text, false);
  }

  private static DashboardText of(String text, boolean unwraps) {
    Map<String, String> members;
    try {
      members = JsonReader.members(text);
    } catch (MalformedJsonException e) {
      throw new HttpException(400, "dashboard is not a JSON object" + reason(text));
    }
    String inner = members.get("dashboard");
    if (unwraps && inner != null && inner.startsWith("{") && !members.containsKey("panels")) {
      return of(inner, false);
    }
    if (members.containsKey("apiVersion") && members.containsKey("spec")) {
      throw new HttpException(
          400,
          "the file is a Kubernetes resource of Grafana 12 (apiVersion, spec), which is not built"
              + " yet; export the dashboard as classic JSON");
    }
    if (members.containsKey("elements") && members.containsKey("layout")) {
      throw new HttpException(
          400,
          "the file has Grafana's schema v2 (elements, layout), which is not built yet; export the"
              + " dashboard as classic JSON");
    }
    if (members.keySet().stream().noneMatch(CONTENT::contains)) {
      throw new HttpException(
          400, "the JSON object is not a dashboard: it has none of panels, rows, title");
    }
    String title = string(members.get("title"), "title", MAX_TITLE).strip();
    String uid = string(members.get("uid"), "uid", Integer.MAX_VALUE);
    if (!uid.isEmpty()) {
      checkUid(uid);
    }
    return new DashboardText(
        text.strip(), uid, title.isEmpty() ? "Untitled" : title, tags(members.get("tags")));
  }

  /** Rejects what could not be the name of a file. */
  static void checkUid(String uid) {
    if (!UID.matcher(uid).matches()) {
      throw new HttpException(
          400,
          "uid \""
              + (uid.length() > 60 ? uid.substring(0, 60) + "…" : uid)
              + "\" is not valid; it has 1 to 40 letters, digits, hyphens and underscores");
    }
  }

  private static String reason(String text) {
    try {
      return JsonValues.read(text) instanceof Map<?, ?> ? "" : ": it is another value";
    } catch (CodecException e) {
      return ": " + e.getMessage();
    }
  }

  private static @Nullable Object value(@Nullable String text) {
    try {
      return text == null ? null : JsonReader.read(text);
    } catch (MalformedJsonException e) {
      throw new IllegalStateException("checked before", e);
    }
  }

  private static String string(@Nullable String member, String name, int limit) {
    Object v = value(member);
    if (v == null) {
      return "";
    }
    if (!(v instanceof String s)) {
      throw new HttpException(400, name + " of the dashboard is not a string");
    }
    if (s.length() > limit) {
      throw new HttpException(
          400, name + " of the dashboard has " + s.length() + " characters; limit " + limit);
    }
    return s;
  }

  private static List<String> tags(@Nullable String member) {
    List<String> out = new ArrayList<>();
    if (value(member) instanceof List<?> l) {
      for (Object o : l) {
        if (o instanceof String s && !s.isBlank() && s.length() <= MAX_TAG) {
          out.add(s);
        }
      }
    }
    return List.copyOf(out.subList(0, Math.min(out.size(), MAX_TAGS)));
  }
}

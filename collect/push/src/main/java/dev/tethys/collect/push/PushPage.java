package dev.tethys.collect.push;

import dev.tethys.codec.exposition.EscapingScheme;
import dev.tethys.codec.exposition.ExpositionFormat;
import dev.tethys.codec.exposition.ExpositionWriter;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** The page of groups: what is in each, when it was pushed, and a button that deletes it. */
final class PushPage {
  /** How many groups are shown; the API has them all. */
  static final int MAX_SHOWN = 1000;

  private static final String HEAD =
      """
      <!doctype html><html lang="en"><meta charset="utf-8"><title>Pushgateway</title>
      <style>
      body{font:15px system-ui,sans-serif;margin:2em auto;max-width:70em;padding:0 1em}
      summary{cursor:pointer;padding:.4em 0}code{background:#8882;padding:.1em .3em;border-radius:3px}
      pre{background:#8881;padding:1em;overflow:auto}button{float:right}.failed{color:#b00020}
      @media(prefers-color-scheme:dark){body{background:#16181d;color:#e6e6e6}.failed{color:#ff8a80}}
      </style>
      <h1>Pushgateway</h1>
      """;
  private static final String SCRIPT =
      """
      <script>
      document.addEventListener('click', async e => {
        const path = e.target.dataset.path;
        if (!path || !confirm('Delete this group?')) return;
        const r = await fetch(path, {method: 'DELETE'});
        if (r.ok) location.reload(); else alert(await r.text());
      });
      </script></html>
      """;
  private static final ExpositionFormat.Negotiated TEXT =
      new ExpositionFormat.Negotiated(ExpositionFormat.TEXT_0_0_4, EscapingScheme.ALLOW_UTF_8);

  private PushPage() {}

  static String html(List<PushGroup> groups) {
    StringBuilder sb = new StringBuilder(HEAD);
    sb.append("<p>").append(groups.size()).append(groups.size() == 1 ? " group" : " groups");
    if (groups.size() > MAX_SHOWN) {
      sb.append(", the first ").append(MAX_SHOWN).append(" are shown");
    }
    sb.append(" · <a href=\"metrics\">metrics</a> · <a href=\"api/v1/metrics\">api</a></p>");
    groups.stream().limit(MAX_SHOWN).forEach(g -> group(sb, g));
    return sb.append(SCRIPT).toString();
  }

  private static void group(StringBuilder sb, PushGroup g) {
    sb.append("<details><summary>");
    for (Map.Entry<String, String> e : g.labels().entrySet()) {
      sb.append("<code>").append(escaped(e.getKey())).append("=\"");
      sb.append(escaped(e.getValue())).append("\"</code> ");
    }
    sb.append(" last change ").append(PushJson.time(g.lastChange()));
    if (!g.lastPushSuccessful()) {
      sb.append(" <b class=\"failed\">last push failed</b>");
    }
    sb.append("<button data-path=\"").append(escaped(path(g))).append("\">Delete</button>");
    sb.append("</summary><pre>").append(escaped(text(g))).append("</pre></details>\n");
  }

  /** Where the group is deleted; values in base 64, so that any can stand there. */
  static String path(PushGroup g) {
    StringBuilder sb = new StringBuilder("metrics/job@base64/");
    sb.append(encoded(g.labels().getOrDefault("job", "")));
    g.labels()
        .forEach(
            (k, v) -> {
              if (!k.equals("job")) {
                sb.append('/').append(EscapingScheme.VALUES.escape(k)).append("@base64/");
                sb.append(encoded(v));
              }
            });
    return sb.toString();
  }

  private static String encoded(String v) {
    String s =
        Base64.getUrlEncoder().withoutPadding().encodeToString(v.getBytes(StandardCharsets.UTF_8));
    return s.isEmpty() ? "=" : s;
  }

  private static String text(PushGroup g) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ExpositionWriter w = ExpositionWriter.of(TEXT, out);
    g.families().values().forEach(p -> w.write(p.family()));
    w.finish();
    return out.toString(StandardCharsets.UTF_8);
  }

  private static String escaped(String s) {
    return s.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}

package dev.tethys.alert.manager.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.alert.manager.state.Alert;
import dev.tethys.alert.manager.state.LabelSet;
import dev.tethys.codec.template.TemplateException;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("slow")
class TemplatesTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

  private final Templates templates = load();

  private static Templates load() {
    try {
      return Templates.load(List.of(), () -> NOW, "http://am/x");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Alert alert(String n, boolean resolved) {
    return new Alert(
        LabelSet.of(Map.of("alertname", "Disk", "n", n, "zone", "a")),
        LabelSet.of(Map.of("summary", "<b>full & \"gone\"</b>")),
        NOW.minusSeconds(60),
        resolved ? NOW : null,
        "javascript:alert(1)",
        NOW,
        false);
  }

  private TemplateData data() {
    return templates.data(
        "team+x",
        LabelSet.of(Map.of("alertname", "Disk")),
        LabelSet.EMPTY,
        "first notification",
        List.of(alert("1", false), alert("2", true)),
        NOW);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '→',
      quoteCharacter = '`',
      value = {
        "{{ .Status }} {{ .Receiver }} {{ len .Alerts }} → firing team\\+x 2",
        "{{ template \"__subject\" . }} → [FIRING:1] Disk (a)",
        "{{ template \"__alertmanagerURL\" . }} → http://am/x/#/alerts?receiver=team%5C%2Bx",
        "{{ range .Alerts.Resolved }}{{ .Labels.n }}{{ end }} → 2",
        "{{ .CommonLabels }} {{ .CommonLabels.SortedPairs }} → alertname=Disk, zone=a alertname=Disk, zone=a",
        "{{ .CommonLabels.Names.Join \"-\" }} {{ .CommonLabels.Values | join \";\" }} → alertname-zone Disk;a",
        "{{ (.CommonLabels.Remove (stringSlice \"zone\")).SortedPairs.Names }} → [alertname]",
        "{{ .CommonLabels.nothing }}|{{ index .CommonLabels \"zone\" }} → |a",
        "{{ (index .Alerts 0).StartsAt | date \"15:04\" }} {{ (index .Alerts 0).EndsAt.IsZero }} → 03:03 true",
        "{{ (index .Alerts 0).StartsAt | tz \"Europe/Berlin\" | date \"15:04 MST\" }} → 04:03 CET",
        "{{ since (index .Alerts 0).StartsAt }} {{ humanizeDuration 3661.0 }} → 1m0s 1h 1m 1s",
        "{{ (toDate \"2006-01-02 15:04\" \"2025-12-31 23:59\").Unix }} → 1767225540",
        "{{ title \"hELLO wORLD\" }} {{ toUpper \"a\" }} {{ toLower \"B\" }} {{ trimSpace \" x \" }} → Hello World A b x",
        "{{ reReplaceAll \"a(.)\" \"<$1>\" \"abac\" }} {{ match \"^a.c$\" \"abc\" }} → <b><c> true",
        "{{ toJson .GroupLabels }} {{ toJson (list 1 \"a\" true) }} {{ toJson (dict \"k\" 1.5) }} → {\"alertname\":\"Disk\"} [1,\"a\",true] {\"k\":1.5}",
        "{{ base64encode \"a?>\" }} {{ base64decode \"YT8-\" }} {{ urlUnescape \"a%20b+c\" }} → YT8- a?> a b c",
        "{{ append (list 1) 2 3 | len }} {{ .ExternalURL }} {{ .NotificationReason }} → 3 http://am/x first notification",
        "{{ (slice .Alerts 0 1) | len }} {{ (slice .Alerts 0 2).Firing | len }} → 1 1",
      })
  void text(String template, String wanted) {
    assertThat(templates.text(template, data())).isEqualTo(wanted.strip());
  }

  /** Lists that hold others twice and joined texts would be gigabytes. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '→',
      quoteCharacter = '`',
      value = {
        "{{ $x := list 1 }}{{ range 100 }}{{ $x = list $x $x }}{{ end }}{{ $x }} → text of more than",
        "{{ $x := list 1 }}{{ range 100 }}{{ $x = list $x $x }}{{ end }}{{ toJson $x }} → text of more than",
        "{{ $x := list 1 }}{{ range 9999 }}{{ $x = list $x }}{{ end }}{{ toJson $x }} → nested more than 200",
        "{{ $x := dict }}{{ range 9999 }}{{ $x = dict \"a\" $x }}{{ end }}{{ $x }} → nested more than 200",
        "{{ $x := printf \"%1000000s\" \"a\" }}{{ reReplaceAll \"\" $x $x }} → text of more than",
        "{{ $x := printf \"%1000000s\" \"a\" }}{{ stringSlice $x $x $x | join $x | list 1 | len }}"
            + "{{ stringSlice $x $x $x $x $x $x $x $x $x $x | join $x }} → text of more than",
      })
  void textsThatGrowEnd(String template, String problem) {
    for (boolean html : new boolean[] {false, true}) {
      assertThatThrownBy(
              () ->
                  Objects.requireNonNull(
                      html ? templates.html(template, data()) : templates.text(template, data())))
          .isInstanceOf(TemplateException.class)
          .hasMessageContaining(problem.strip());
    }
  }

  /** As html/template writes them, by the place at which the value stands. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '→',
      quoteCharacter = '`',
      value = {
        "<p>{{ \"<a> & 'x' + \\\"y\\\"\" }}</p> → <p>&lt;a&gt; &amp; &#39;x&#39; &#43; &#34;y&#34;</p>",
        "<p>{{ \"<b>\" | safeHtml }}{{ \"<\" | html }}</p> → <p><b>&lt;</p>",
        "<a title=\"{{ \"a\\\"b\" }}\" x={{ \"a b=c\" }}> → <a title=\"a&#34;b\" x=a&#32;b&#61;c>",
        "<a href=\"{{ \"javascript:alert(1)\" }}\"> → <a href=\"#ZgotmplZ\">",
        "<a href=\"{{ \"http://x/a b?q=1&r='2'\" }}\"> → <a href=\"http://x/a%20b?q=1&amp;r=%272%27\">",
        "<a href=\"/s?q={{ \"a b&c=d/e\" }}#{{ \"x y\" }}\"> → <a href=\"/s?q=a%20b%26c%3dd%2fe#x%20y\">",
        "<a href=\"/s?q={{ \"a b\" | urlquery }}\"> → <a href=\"/s?q=a&#43;b\">",
        "<a href=\"{{ \"data:x\" | safeUrl }}\"> → <a href=\"data:x\">",
        "<img src='{{ \"mailto:a@b\" }}' alt={{ \"\" }}> → <img src='mailto:a@b' alt=ZgotmplZ>",
        "<script>var a = {{ \"</script>\" }}; var b = '{{ \"it's\" }}'; // {{ \"x\" }}</script>{{ \"<\" }} → <script>var a = \"\\u003c/script\\u003e\"; var b = 'it\\u0027s'; </script>&lt;",
        "<a onclick=\"f({{ \"a\\\"b\" }}, {{ 5 }})\"> → <a onclick=\"f(&#34;a\\&#34;b&#34;,  5 )\">",
        "<p style=\"color: {{ \"red\" }}; w: {{ \"expression(alert(1))\" }}\"> → <p style=\"color: red; w: ZgotmplZ\">",
        "<style>p { color: {{ \"}body{x:1\" }} }</style> → <style>p { color: ZgotmplZ }</style>",
        "<!-- {{ \"gone\" }} -->a < b{{ 3 }} → a &lt; b3",
        "<title>{{ \"</title><script>\" }}</title><p>{{ \"&\" }} → <title>&lt;/title&gt;&lt;script&gt;</title><p>&amp;",
        "<p {{ \"onclick\" }}=\"x\" {{ \"title\" }}='y'> → <p ZgotmplZ=\"x\" title='y'>",
        "<br/><input value=\"{{ \"a\" }}\"/>{{ \"<\" }} → <br/><input value=\"a\"/>&lt;",
        "<!DOCTYPE html>{{ .CommonLabels.nothing }}| → <!DOCTYPE html>|",
      })
  void html(String template, String wanted) {
    assertThat(templates.html(template, data())).isEqualTo(wanted.strip());
  }

  @Test
  void escapesAlertTextInMail() {
    String html = templates.html("{{ template \"email.default.html\" . }}", data());
    assertThat(html)
        .startsWith("<!DOCTYPE html>")
        .contains("2 alerts for alertname=Disk", "1 firing", "1 resolved")
        .contains("&lt;b&gt;full &amp; &#34;gone&#34;&lt;/b&gt;")
        .contains("href=\"http://am/x/#/alerts?receiver=team%5C%2Bx\"")
        .contains("href=\"#ZgotmplZ\"")
        .doesNotContain("javascript:");
  }

  @Test
  void hasAllMetricNamesOfAlertmanager() {
    String list = "Labels:\n - alertname = Disk\n - n = 1\n - zone = a\nAnnotations:";
    assertThat(templates.text("{{ template \"slack.default.fallback\" . }}", data()))
        .isEqualTo("[FIRING:1] Disk (a) | http://am/x/#/alerts?receiver=team%5C%2Bx");
    assertThat(templates.text("{{ template \"telegram.default.message\" . }}", data()))
        .contains("Alerts Firing:\n" + list, "Alerts Resolved:\nLabels:");
    assertThat(templates.text("{{ template \"jira.default.priority\" . }}", data())).isEmpty();
    for (String name :
        ("slack: title username fallback callbackid pretext titlelink iconemoji iconurl text footer color;"
                + "pagerduty: description client clientURL;opsgenie: message description source;"
                + "wechat: message to_user to_party to_tag agent_id;"
                + "victorops: state_message monitoring_tool entity_display_name;"
                + "pushover: title message url;sns: subject message;telegram: message;"
                + "discord: content title message;webex: message;msteams: summary title text;"
                + "msteamsv2: title text;jira: summary description priority;"
                + "rocketchat: title alias titlelink emoji iconurl text;"
                + "mattermost: color username title titlelink fallback text;email: subject html")
            .split(";")) {
      String[] kind = name.split(": ");
      for (String part : kind[1].split(" ")) {
        templates.text("{{ template \"" + kind[0] + ".default." + part + "\" . }}", data());
      }
    }
    assertThat(
            templates.text("{{ template \"pagerduty.default.instances\" .Alerts.Firing }}", data()))
        .startsWith(list);
  }

  @Test
  void limitsAndMistakes() {
    assertThatThrownBy(() -> templates.text("{{ .Nope }}", data()))
        .isInstanceOf(TemplateException.class)
        .hasMessageContaining("can't evaluate field Nope in type *template.Data");
    assertThatThrownBy(() -> templates.text("{{ dict 1 }}", data()))
        .hasMessageContaining("dict requires an even number of arguments");
    assertThatThrownBy(
            () ->
                templates.text("{{ range $i := 100000000 }}xxxxxxxxxxxxxxxxxxxx{{ end }}", data()))
        .isInstanceOf(TemplateException.class);
  }
}

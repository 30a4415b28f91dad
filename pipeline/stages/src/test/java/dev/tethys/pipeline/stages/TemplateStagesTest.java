package dev.tethys.pipeline.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.logs.LogEntry;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TemplateStagesTest {
  private static String rendered(String template) {
    String quoted = "'" + template.replace("'", "''") + "'";
    Rig rig =
        new Rig(
            "- json: {expressions: {app: , level: , n: , none: , list: }}\n- template: {source: out,"
                + " template: "
                + quoted
                + "}\n- output: {source: out}");
    String line =
        "{\"app\":\"loki\",\"level\":\"WARN\",\"n\":42,\"none\":null,\"list\":[\"a\",\"b\"]}";
    LogEntry e = rig.one(line, "job", "j");
    return e.line().equals(line) ? "(unset)" : e.line();
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " ## ",
      quoteCharacter = '\u00a7',
      textBlock =
          """
          {{ .app }} doki ## loki doki
          {{ ToLower .level }} ## warn
          {{ .level | ToLower }}-{{ ToUpper .app }} ## warn-LOKI
          {{ Replace .app "o" "0" -1 }} ## l0ki
          {{ Replace "aaa" "a" "b" 2 }} ## bba
          {{ Trim "--x--" "-" }}{{ TrimLeft "--x" "-" }}{{ TrimRight "x--" "-" }} ## xxx
          {{ TrimPrefix .app "lo" }}{{ TrimSuffix .app "ki" }}{{ TrimSpace "  x " }} ## kilox
          {{ Hash "salt" .app }} ## d458d6e3f014822756d90bd2677ea20dc0cd645ad1c3a61d550c904cbc67f101
          {{ Sha2Hash "salt" .app }} ## a0db2fdfc70e5ac835bfd68c53d783182967603d59efe2ff8f9aa6f1b75a9e4f
          {{ regexReplaceAll "(l)(o)" .app "${2}$1" }} ## olki
          {{ regexReplaceAllLiteral "(l)" .app "$1" }} ## $1oki
          {{ if eq .level "WARN" }}yes{{ else }}no{{ end }} ## yes
          {{ .missing }} ## <no value>
          {{ .Value }} ## <no value>
          {{ .job }} ## j
          {{ .none }} ## <no value>
          {{ .n }} ## 42
          {{ .missing | default "x" }} ## x
          {{ default "x" .app }} ## loki
          {{ .app | upper | repeat 2 }} ## LOKILOKI
          {{ .app | trunc 2 }}{{ trunc -2 .app }} ## loki
          {{ substr 1 3 .app }} ## ok
          {{ .app | quote }}{{ squote .app }} ## "loki"'loki'
          {{ .app | replace "ki" "go" | title }} ## Logo
          {{ contains "ok" .app }}{{ hasPrefix "x" .app }} ## truefalse
          {{ snakecase "FirstName" }} {{ camelcase "http_server" }} {{ kebabcase "FirstName" }} ## first_name HttpServer first-name
          {{ add 1 2 3 }} {{ sub 5 2 }} {{ div 7 2 }} {{ mod 7 2 }} {{ mul 2 3 }} {{ max 1 9 3 }} ## 6 3 3 1 6 9
          {{ add .n 1 }} {{ int "12" }} {{ float64 "1.5" }} {{ round 3.14159 2 }} {{ ceil 1.2 }} ## 43 12 1.5 3.14 2
          {{ (fromJson .list) | join "," }} ## a,b
          {{ index (fromJson .list) 1 }} ## b
          {{ list "b" "a" | sortAlpha | join "-" }} ## a-b
          {{ splitList "," "a,b" | last }} {{ (split "," "a,b")._1 }} ## b b
          {{ dict "a" 1 "b" "x" | toJson }} ## {"a":1,"b":"x"}
          {{ ternary "y" "n" (eq .app "loki") }} ## y
          {{ coalesce .missing "" "z" }} ## z
          {{ kindOf .app }} {{ typeOf 1 }} ## string int
          {{ b64enc .app }} {{ b64dec "bG9raQ==" }} ## bG9raQ== loki
          {{ sha1sum "x" }} ## 11f6ad8ec52a2984abaafd7c3b516503785c2072
          {{ regexFind "[a-k]+" .app }} {{ regexMatch "^l" .app }} {{ regexSplit "o" .app -1 | join "|" }} ## ki true l|ki
          {{ base "/a/b.txt" }} {{ dir "/a/b" }} {{ ext "x.go" }} {{ clean "/a/../b//c" }} ## b.txt /a .go /b/c
          x{{ indent 2 "a" }} ## x  a
          {{ toDate "2006-01-02" "2020-05-06" | date "02.01.2006" }} ## 06.05.2020
          {{ dateInZone "15:04" 1577836800 "UTC" }} ## 00:00
          {{ len .Entry }} ## 65
          {{ "" }} ## (unset)
          {{ fail "no" }} ## (unset)
          {{ index .app 99 }} ## (unset)
          {{ repeat 999999999 "long" }} ## (unset)
          """)
  void templatesSetValues(String template, String expected) {
    assertThat(rendered(template)).isEqualTo(expected.strip());
  }

  @Test
  void seesTheValueItselfAndRemovesEmptyResults() {
    List<EntrySnapshot> seen = new ArrayList<>();
    Rig rig =
        Rig.observed(
            """
            - template: {source: app, template: '{{ .Value }}!{{ .Entry }}'}
            - template: {source: job, template: '{{ if eq .job "x" }}y{{ end }}'}
            """,
            (stage, before, after) -> seen.addAll(after));
    rig.one("line", "app", "a", "job", "j");
    assertThat(seen.getLast().extracted()).containsEntry("app", "a!line").doesNotContainKey("job");
  }

  @Test
  void rejectsInvalidSettings() {
    assertThatThrownBy(() -> new Rig("- template: {source: a, template: '{{ .x'}"))
        .hasMessageContaining("test.yml:1:35: template: pipeline_template");
    assertThatThrownBy(() -> new Rig("- template: {source: a, template: '{{ genPrivateKey }}'}"))
        .hasMessageContaining("function \"genPrivateKey\" not defined");
    assertThatThrownBy(() -> new Rig("- template: {template: 'x'}"))
        .hasMessageContaining("\"source\" is required");
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " ## ",
      quoteCharacter = '\u00a7',
      textBlock =
          """
          (frank) ## dummy ## 11.11.11.11 - dummy 12.12.12.12 - dummy
          (\\d{2}\\.\\d{2}\\.\\d{2}\\.\\d{2}) - (\\S+) ## {{ if eq .Value "frank" }}{{ .Value | ToUpper }}{{ else }}*IP4*{{ end }} ## *IP4* - FRANK *IP4* - FRANK
          frank ## dummy ## 11.11.11.11 - frank 12.12.12.12 - frank
          (nobody) ## dummy ## 11.11.11.11 - frank 12.12.12.12 - frank
          ^(?P<ip>\\S+) ## {{ .Value | Hash "s" | trunc 4 }} ## 4b7d - frank 12.12.12.12 - frank
          (f(ran)k) ## x ## 11.11.11.11 - x 12.12.12.12 - x
          (frank) ## {{ fail "x" }} ## 11.11.11.11 - frank 12.12.12.12 - frank
          """)
  void replacesCapturedGroups(String expression, String replace, String expected) {
    Rig rig =
        new Rig(
            "- replace: {expression: '"
                + expression
                + "', replace: '"
                + replace.replace("'", "''")
                + "'}");
    assertThat(rig.one("11.11.11.11 - frank 12.12.12.12 - frank").line()).isEqualTo(expected);
  }

  @Test
  void extractsNamedGroupsAfterReplacement() {
    List<EntrySnapshot> seen = new ArrayList<>();
    Rig rig =
        Rig.observed(
            "- replace: {expression: 'password=(?P<pw>\\S+)', replace: '***', source: app}",
            (stage, before, after) -> seen.addAll(after));
    rig.one("line", "app", "password=secret user=u");
    assertThat(seen.getLast().extracted())
        .containsEntry("app", "password=*** user=u")
        .containsEntry("pw", "***");
    assertThat(seen.getLast().line()).isEqualTo("line");
  }
}

package dev.tethys.api.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same console templates given to a real Prometheus and to this server, byte by byte. */
@Tag("slow")
class ConsolesPeersTest {
  private static final int RANDOM_PAGES = Integer.getInteger("tethys.random-consoles", 400);

  /** What has a meaning somewhere in HTML, scripts and style sheets. */
  private static final String HOSTILE = "<b>\"'&+/\\ a\nb`${.*?-}]\u2028é\u0001;:()";

  private static final Map<String, String> PARAMETERS =
      Map.of("x", HOSTILE, "url", "http://h/a b\"?q=<", "w", "word", "js", "javascript:a()");

  private static final List<String> VALUES =
      List.of(
          "{{ $params.x }}",
          "{{ $params.x }}",
          "{{ $params.url }}",
          "{{ $params.js }}",
          "{{ $params.w }}",
          "{{ $params }}",
          "{{ query \"vector(1.5)\" | first | value }}",
          "{{ query \"vector(NaN)\" | first | value }}",
          "{{ safeHtml \"<b>t</b> &amp;\" }}",
          "{{ tmpl \"in\" $params.x }}",
          "{{ if $params.x }}a{{ else }}b{{ end }}");

  /** Documents with places for values. */
  private static final List<String> SHAPES =
      List.of(
          "<p>@</p>",
          "<a href=\"@\">@</a>",
          "<a href=\"/p/@?a=@#@\">x</a>",
          "<script>var a = @, b = \"@\", c = '@';</script>",
          "<script>x = a /@/ 2; y = /@/g; z = (@)/@;</script>",
          "<style>p { color: @; content: '@'; background: url(@) } /* @ */</style>",
          "<p title='@' onclick=\"f(@, &quot;@&quot;)\">",
          "<p style=\"width: @; font: '@'\">",
          "<img src=@ alt=@>",
          "<title>@</title><textarea>@<b></textarea>",
          "<script>`a ${ @ } b @`</script>",
          "<script>/* c@\n d */ x = /r@/; // e @\n y = @</script>",
          "<img srcset=\"@ 1x, @ 2x\">",
          "<script type=\"text/x-y\"><p>@</p></script>",
          "<script type=module>@</script>",
          "<p @=\"a\">",
          "<!-- @ --><!--[if IE]>@<![endif]-->",
          "<svg xlink:href=\"@\" data-url=\"@\" my:style=\"@\">");

  private static final List<String> FRAGMENTS =
      List.of(
          "<p>",
          "<a href=\"",
          "\">",
          "\"",
          "'",
          "<a href=",
          ">",
          " ",
          "<script>",
          "</script>",
          "<style>",
          "</style>",
          "<textarea>",
          "</textarea>",
          "var a = ",
          "/",
          "/g",
          "//c\n",
          "/*",
          "*/",
          "`",
          "${",
          "}",
          "{",
          "(",
          ")",
          "[",
          "]",
          ";",
          "\n",
          "+",
          "return ",
          "1.",
          "<!--",
          "-->",
          "<!",
          "&amp;",
          "onclick=\"",
          "style=\"",
          "url(",
          "url(\"",
          "?q=",
          "#",
          "http://h/",
          "srcset=\"",
          " data-x=\"",
          " type=\"text/template\"",
          "<SCRIPT>",
          "</SCRIPT >",
          "\\",
          "content: \"",
          "<br/>",
          "<input value=",
          ",",
          "#!");

  @TempDir static Path folder;
  private static RealPrometheus real;
  private static ApiServer ours;
  private static PromqlEngine engine;
  private final HttpClient client = HttpClient.newHttpClient();

  @BeforeAll
  static void start() throws Exception {
    Shared.peer("prometheus");
    Files.createDirectories(folder.resolve("consoles"));
    Files.createDirectories(folder.resolve("libraries"));
    Files.writeString(
        folder.resolve("libraries/in.lib"), "{{ define \"in\" }}<em>{{ . }}</em>{{ end }}");
    real = new RealPrometheus(folder);
    ours = new ApiServer(ApiSettings.DEFAULT);
    ours.externalLabels = Map.of("region", "eu");
    engine = new PromqlEngine(EngineOptions.defaults());
    ours.engine = QueryEngine.of(engine, ours.store);
    ours.consoles(folder.resolve("consoles"), folder.resolve("libraries"));
  }

  @AfterAll
  static void stop() {
    if (real != null) {
      real.close();
    }
    if (ours != null) {
      ours.close();
      engine.close();
    }
  }

  private record Answers(HttpResponse<String> real, HttpResponse<String> ours) {}

  private Answers ask(String page) throws IOException, InterruptedException {
    Files.writeString(folder.resolve("consoles/a.html"), page);
    String path =
        "/consoles/a.html?"
            + PARAMETERS.entrySet().stream()
                .map(
                    e -> e.getKey() + "=" + URLEncoder.encode(e.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
    return new Answers(
        client.send(real.request(path).build(), HttpResponse.BodyHandlers.ofString()),
        ours.send(ours.request(path)));
  }

  private void same(String page) throws IOException, InterruptedException {
    Answers a = ask(page);
    assertThat(a.ours.body()).as(page).isEqualTo(a.real.body());
    assertThat(a.ours.statusCode()).isEqualTo(a.real.statusCode());
    assertThat(a.ours.headers().firstValue("Content-Type"))
        .isEqualTo(a.real.headers().firstValue("Content-Type"));
  }

  @Test
  void functions() throws Exception {
    same(
        """
        <p>{{ with query "label_replace(vector(1234567),'i','b.example.org:9100','','')" }}
        {{ . | first | value | humanize }} {{ . | first | label "i" | stripPort }}
        {{ . | first | label "i" | stripDomain }}{{ end }}
        {{ range query "label_replace(vector(2),'n','x','','') or label_replace(vector(1),'n','a','','')"
         | sortByLabel "n" }}{{ .Labels.n }}={{ .Value }};{{ end }}
        {{ humanize 0.00012 }} {{ humanize1024 1048576.0 }} {{ humanizeDuration 3661.5 }}
        {{ humanizePercentage 0.1234 }} {{ humanizeTimestamp 1435065584.128 }}
        {{ parseDuration "1h30m" }} {{ toTime 1435065584.128 }} {{ args 1 "b" 2.5 }}
        {{ (args 1 "b").arg1 }} {{ reReplaceAll "(a)(b)" "$2$1" "abab" }} {{ match "a.c" "abc" }}
        {{ title "hello world" }} {{ toUpper "x" }} {{ toLower "Y" }} {{ graphLink "up" }}
        {{ tableLink "up == 1" }} {{ strvalue (query "vector(1)" | first) }} {{ printf "%.2f" 3.14 }}
        {{ len "abc" }} {{ query "1+1" | first | value }} {{ .RawParams.w }} {{ .RawParams.Get "w" }}
        {{ .Path }} {{ $path }} {{ $externalLabels.region }} {{ .ExternalLabels }} {{ $params.none }}
        {{ $rawParams.none }} {{ safeHtml "<b>" }} {{ $params.x | html }} {{ $params.x | urlquery }}
        <a href="?{{ $params.x | urlquery }}">5</a><i title="{{ safeHtml "<b>b</b> &amp; c" }}">x</i>
        """);
  }

  @Test
  void failures() throws Exception {
    for (String page :
        List.of(
            "{{ query \"sum(\" }}",
            "{{ nonsense }}",
            "{{ first (query \"none\") }}",
            "{{ 1",
            "plain {{ 1 }}")) {
      same(page);
    }
  }

  /** Where both show a page it is the same; what html/template refuses this may show. */
  @Test
  void randomPages() throws Exception {
    Random random = new Random(3);
    int shown = 0;
    for (int i = 0; i < RANDOM_PAGES; i++) {
      String page = page(random);
      Answers a = ask(page);
      if (a.real.statusCode() != 200) {
        continue;
      }
      assertThat(a.ours.statusCode()).as(page + "\n" + a.ours.body()).isEqualTo(200);
      assertThat(a.ours.body()).as(page).isEqualTo(a.real.body());
      shown++;
    }
    assertThat(shown).isGreaterThan(RANDOM_PAGES / 4);
  }

  private static String page(Random random) {
    StringBuilder out = new StringBuilder();
    for (int n = 1 + random.nextInt(3); n > 0; n--) {
      if (random.nextBoolean()) {
        String shape = SHAPES.get(random.nextInt(SHAPES.size()));
        while (shape.contains("@")) {
          shape = shape.replaceFirst("@", java.util.regex.Matcher.quoteReplacement(value(random)));
        }
        out.append(shape);
        continue;
      }
      for (int k = random.nextInt(8); k > 0; k--) {
        out.append(
            random.nextInt(3) == 0
                ? value(random)
                : FRAGMENTS.get(random.nextInt(FRAGMENTS.size())));
      }
    }
    return out.toString();
  }

  private static String value(Random random) {
    return VALUES.get(random.nextInt(VALUES.size()));
  }
}

package dev.tethys.api.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.query.promql.EngineOptions;
import dev.tethys.query.promql.PromqlEngine;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Console templates; {@link ConsolesPeersTest} compares them with a real Prometheus. */
@Tag("slow")
class ConsolesTest {
  @TempDir Path folder;
  private ApiServer server;
  private PromqlEngine engine;

  @BeforeEach
  void start() throws IOException {
    server = new ApiServer(ApiSettings.DEFAULT);
    engine = new PromqlEngine(EngineOptions.defaults());
    server.engine = QueryEngine.of(engine, server.store);
    server.externalLabels = Map.of("site", "s<1>");
    Files.createDirectories(folder.resolve("consoles/sub"));
    server.consoles(folder.resolve("consoles"), folder.resolve("libraries"));
  }

  @AfterEach
  void end() {
    server.close();
    engine.close();
  }

  private HttpResponse<String> page(String name, String text, String query) throws IOException {
    Files.writeString(folder.resolve("consoles").resolve(name), text);
    return server.send(server.request("/consoles/" + name + query));
  }

  private String body(String text) throws IOException {
    HttpResponse<String> r = page("a.html", text, "");
    assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
    return r.body();
  }

  @Test
  void runsQueriesAndEscapesTheirLabels() throws IOException {
    long now = ApiServer.NOW.toEpochMilli();
    server.sample(Labels.of("__name__", "up", "job", "b"), now - 1000, 1);
    server.sample(Labels.of("__name__", "up", "job", "<a>"), now - 1000, 0.5);
    assertThat(
            body(
                "{{ range query \"up\" | sortByLabel \"job\" }}<b id={{ .Labels.job }}>"
                    + "{{ .Labels.job }} {{ . | value }}</b>{{ end }}"))
        .isEqualTo("<b id=&lt;a&gt;>&lt;a&gt; 0.5</b><b id=b>b 1</b>");
  }

  @Test
  void pageHasAccessToItsRequest() throws IOException {
    HttpResponse<String> r =
        page(
            "sub/p.html",
            "<p>{{ $path }} {{ .Path }} {{ $params.a }} {{ .Params.a }} {{ $params.none }}"
                + " {{ .RawParams.a }} {{ $rawParams.Get \"a\" }} {{ .RawParams.Has \"b\" }}"
                + " {{ .RawParams.Encode }} {{ $externalLabels.site }} {{ pathPrefix }}"
                + " {{ externalURL }}",
            "?a=1&a=%26&c=x%20y");
    assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
    assertThat(r.headers().firstValue("Content-Type")).hasValue("text/html; charset=utf-8");
    assertThat(r.body())
        .isEqualTo(
            "<p>sub/p.html sub/p.html 1 1  [1 &amp;] 1 false a=1&amp;a=%26&amp;c=x&#43;y s&lt;1&gt;"
                + " /prefix https://prom.example:8443/prefix");
  }

  @Test
  void linksCannotLeaveTheFolder() throws IOException {
    Path secret = Files.writeString(folder.resolve("secret.html"), "outside");
    Path consoles = folder.resolve("consoles");
    Files.createSymbolicLink(consoles.resolve("out.html"), secret);
    Files.createSymbolicLink(consoles.resolve("up"), folder);
    Files.writeString(consoles.resolve("sub/in.html"), "inside");
    Files.createSymbolicLink(consoles.resolve("in.html"), consoles.resolve("sub/in.html"));
    for (String name : new String[] {"out.html", "up/secret.html"}) {
      HttpResponse<String> r = server.send(server.request("/consoles/" + name));
      assertThat(r.statusCode()).as(name).isEqualTo(404);
      assertThat(r.body()).doesNotContain("outside");
    }
    assertThat(server.send(server.request("/consoles/in.html")).body()).isEqualTo("inside");
    Files.createDirectories(folder.resolve("libraries"));
    Files.writeString(folder.resolve("x.lib"), "{{ define \"x\" }}outside{{ end }}");
    Files.createSymbolicLink(folder.resolve("libraries/x.lib"), folder.resolve("x.lib"));
    assertThat(page("a.html", "{{ template \"x\" }}", "").body()).doesNotContain("outside");
  }

  @Test
  void librariesGiveTemplates() throws IOException {
    String uses = "<p>{{ template \"shared\" \"<x>\" }}{{ tmpl \"shared\" \"<y>\" }}";
    assertThat(page("a.html", uses, "").statusCode()).isEqualTo(500);
    Files.createDirectories(folder.resolve("libraries"));
    Files.writeString(
        folder.resolve("libraries/a.lib"), "{{ define \"shared\" }}<u>{{ . }}</u>{{ end }}");
    Files.writeString(folder.resolve("libraries/ignored.txt"), "{{ this is none }}");
    assertThat(body(uses)).isEqualTo("<p><u>&lt;x&gt;</u><u>&lt;y&gt;</u>");
    Files.writeString(folder.resolve("libraries/b.lib"), "{{ nonsense }}");
    assertThat(page("a.html", uses, "").body())
        .isEqualTo(
            "error parsing template files for __console_/a.html: template: b.lib:1: function"
                + " \"nonsense\" not defined\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{{ query \"sum(\" }}|error executing template __console_/a.html: template:",
        "{{ nonsense }}|error parsing template __console_/a.html: template: __console_/a.html:1:",
        "{{ first (query \"none\") }}|first() called on vector with no elements",
        "{{ template \"x\" }}|\"x\" not defined",
        "{{ tmpl \"x\" 1 }}|no template \"x\"",
        "{{ define \"x\" }}{{ tmpl \"x\" . }}{{ end }}{{ tmpl \"x\" 1 }}|maximum template depth",
        "{{ define \"x\" }}{{ template \"x\" . }}{{ end }}{{ tmpl \"x\" 1 }}|maximum template"
            + " depth",
        "<a href=x'{{ 1 }}>|in the unquoted attribute href",
        "<script>x = /[{{ 1 }}]/</script>|unfinished JS regexp charset",
        "<script>x = '\\{{ 1 }}'</script>|unfinished escape sequence",
        "<p style='font: \"\\{{ 1 }}'>|unfinished escape sequence"
      })
  void reportsErrorsOfTemplates(String text, String reason) throws IOException {
    HttpResponse<String> r = page("a.html", text, "");
    assertThat(r.statusCode()).isEqualTo(500);
    assertThat(r.headers().firstValue("Content-Type").orElse("")).startsWith("text/plain");
    assertThat(r.body()).contains(reason).endsWith("\n");
  }

  @Test
  void readsNothingOutsideTheFolder() throws IOException {
    Files.writeString(folder.resolve("secret.html"), "secret");
    for (String path :
        new String[] {
          "/consoles/../secret.html",
          "/consoles/%2e%2e/secret.html",
          "/consoles/..%2fsecret.html",
          "/consoles/sub/../../secret.html",
          "/consoles/sub/%2e%2e%2f%2e%2e%2fsecret.html",
          "/consoles/a%00b"
        }) {
      HttpResponse<String> r = server.send(server.request(path));
      assertThat(r.statusCode()).as(path).isEqualTo(404);
      assertThat(r.body()).as(path).doesNotContain("secret\n").isNotEqualTo("secret");
    }
    assertThat(server.send(server.request("/consoles/none.html")).body())
        .isEqualTo(
            "open " + folder.resolve("consoles/none.html") + ": no such file or directory\n");
    assertThat(server.send(server.request("/consoles/sub")).body()).contains("is a directory");
  }

  @ParameterizedTest
  @CsvSource({
    "plain, text/plain",
    "' \n<!DOCTYPE html>', text/html",
    "'<!-- c --><p>', text/html",
    "'<svg>', text/plain",
    "'<pre>', text/plain"
  })
  void theTypeIsThatOfTheBeginning(String text, String type) throws IOException {
    assertThat(page("a", text, "").headers().firstValue("Content-Type"))
        .hasValue(type + "; charset=utf-8");
  }

  @Test
  void serverThatIsNotReadyShowsNoPage() throws IOException {
    server.readiness = Readiness.STARTING;
    assertThat(page("a.html", "x", "").statusCode()).isEqualTo(503);
  }

  /** Values that are meant to get out of where they stand. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "<script>a = '{{ $params.x }}'</script>|';f()//|<script>a = '\\u0027;f()\\/\\/'</script>",
        "<script>a = /{{ $params.x }}/</script>|/;f()//|<script>a = /\\/;f\\(\\)\\/\\//</script>",
        "<script>`{{ $params.x }}`</script>|${f()}|<script>`\\u0024\\u007bf()\\u007d`</script>",
        "<script>`${ {{ $params.x }} }`</script>|}`;f()|<script>`${ \"}`;f()\" }`</script>",
        "<script>{{ $params.x }}</script>|</script>|<script>\"\\u003c/script\\u003e\"</script>",
        "<script>// {{ $params.x }}</script>|f()|<script></script>",
        "<script>a - /{{ $params.x }}/</script>|/f()/|<script>a - /\\/f\\(\\)\\//</script>",
        "<a href='{{ $params.x }}'>|javascript:f()|<a href='#ZgotmplZ'>",
        "<a href={{ $params.x }}>|x onclick=f()|<a href=x%20onclick&#61;f%28%29>",
        "<img srcset='{{ $params.x }}'>|javascript:f() 1x|<img srcset='#ZgotmplZ'>",
        "<p style='background: url({{ $params.x }})'>|javascript:f()|<p style='background:"
            + " url(#ZgotmplZ)'>",
        "<p style='color: {{ $params.x }}'>|expression(f()|<p style='color: ZgotmplZ'>",
        "<p onclick='f(\"{{ $params.x }}\")'>|\");f()//|<p"
            + " onclick='f(\"\\u0022);f()\\/\\/\")'>",
        "<p {{ $params.x }}='f()'>|onclick|<p ZgotmplZ='f()'>",
        "<script type='{{ $params.x }}'>'{{ $params.x }}'</script>|a'|<script"
            + " type='a&#39;'>'a\\u0027'</script>",
        "<!-- {{ $params.x }} -->|--><script>|~~"
      })
  void noValueLeavesItsPlace(String text, String value, String expected) throws IOException {
    HttpResponse<String> r =
        page("a.html", text, "?x=" + URLEncoder.encode(value, StandardCharsets.UTF_8));
    assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
    assertThat(r.body()).isEqualTo(expected);
  }
}

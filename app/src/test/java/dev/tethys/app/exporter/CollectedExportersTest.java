package dev.tethys.app.exporter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.ExporterDependencies;
import dev.tethys.collect.exporter.ExporterFlag;
import dev.tethys.collect.exporter.ExporterKind;
import dev.tethys.collect.exporter.ExporterSettings;
import dev.tethys.collect.exporter.MetricsSource;
import dev.tethys.collect.exporter.Probe;
import dev.tethys.collect.exporter.ProbeException;
import dev.tethys.collect.exporter.ProbeRunner;
import dev.tethys.collect.scrape.ScrapeDefaults;
import dev.tethys.collect.scrape.ScrapeTransport;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.prometheus.collect.CollectConfig;
import dev.tethys.prometheus.collect.CollectedExporters;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Exporters as jobs of a server, and the same as separate servers. */
class CollectedExportersTest {
  /** Shows its flags and what it is asked. */
  private static final class Parrot implements ExporterKind {
    int opened;
    int closed;
    int reloaded;

    @Override
    public String name() {
      return "parrot";
    }

    @Override
    public String title() {
      return "Parrot Exporter";
    }

    @Override
    public String program() {
      return "parrot_exporter";
    }

    @Override
    public String address() {
      return ":0";
    }

    @Override
    public String about() {
      return "what it is told";
    }

    @Override
    public List<ExporterFlag> flags() {
      return List.of(
          ExporterFlag.of("parrot.file", ExporterFlag.Kind.PATH, "", "A file."),
          ExporterFlag.of("parrot.word", ExporterFlag.Kind.LIST, "hello", "Words."),
          ExporterFlag.of("parrot.key", ExporterFlag.Kind.SECRET, "", "A secret."));
    }

    @Override
    public Exporter open(ExporterSettings settings, ExporterDependencies dependencies) {
      opened++;
      String file = settings.get("parrot.file");
      String words = String.join("+", settings.list("parrot.word"));
      return new Exporter() {
        @Override
        public MetricsSource metrics() {
          return p -> List.of(family("parrot_says", Labels.of(Map.of("file", file, "w", words))));
        }

        @Override
        public Map<String, MetricsSource> probes() {
          return Map.of(
              "/probe",
              p -> {
                if (p.required("target").equals("nobody")) {
                  throw new ProbeException(404, "nobody is there");
                }
                return List.of(
                    family(
                        "parrot_saw",
                        Labels.of(Map.of("at", p.required("target"), "m", p.param("module")))));
              });
        }

        @Override
        public void reload() {
          reloaded++;
        }

        @Override
        public boolean reloads() {
          return true;
        }

        @Override
        public void close() {
          closed++;
        }
      };
    }
  }

  private static MetricFamily family(String name, Labels labels) {
    return new MetricFamily(
        name, MetricType.GAUGE, "", "", List.of(new MetricFamily.Metric(labels, 1)));
  }

  private final Parrot parrot = new Parrot();

  private CollectConfig entry(String yaml) {
    return CollectConfig.read(
        YamlDocument.parse("p.yml", Path.of("/etc/x"), yaml).root(),
        ScrapeDefaults.DEFAULT,
        List.of(parrot));
  }

  private static String get(ScrapeTransport t, String url)
      throws IOException, InterruptedException {
    try (ScrapeTransport.Response r =
        t.get(URI.create(url), Map.of("Accept", "text/plain"), Duration.ofSeconds(30))) {
      return r.status()
          + " "
          + r.reason()
          + " "
          + new String(r.body().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void jobQueriesItsExporterWithoutAConnection() throws Exception {
    CollectConfig plain =
        entry("{exporter: parrot, flags: {parrot.file: a/b.txt, parrot.word: [x, y]}}");
    CollectConfig probes =
        entry("{exporter: parrot, job_name: p2, static_configs: [{targets: ['http://h/p']}]}");
    assertThat(plain.job().metricsPath()).isEqualTo("/metrics");
    assertThat(probes.job().metricsPath()).isEqualTo("/probe");
    ScrapeTransport.Factory http =
        (c, s) -> {
          ScrapeTransport none =
              new ScrapeTransport() {
                @Override
                public Response get(URI u, Map<String, String> h, Duration t) throws IOException {
                  throw new IOException("went out");
                }

                @Override
                public void close() {}
              };
          return none;
        };
    try (HttpClientFactory clients = new HttpClientFactory("test");
        CollectedExporters all = new CollectedExporters(http, clients)) {
      all.apply(List.of(plain, probes));
      assertThat(get(all.open(plain.job(), ""), "http://here/metrics"))
          .startsWith("200")
          .contains("parrot_says{file=\"/etc/x/a/b.txt\",w=\"x+y\"} 1");
      ScrapeTransport t = all.open(probes.job(), "");
      assertThat(get(t, "http://parrot/probe?target=http%3A%2F%2Fh%2Fp&module=m"))
          .contains("parrot_saw{at=\"http://h/p\",m=\"m\"} 1");
      assertThat(get(t, "http://parrot/probe?target=nobody")).startsWith("404 nobody is there");
      all.apply(List.of(probes));
      assertThat(parrot.opened).isEqualTo(2);
      assertThat(parrot.closed).isEqualTo(1);
      assertThat(parrot.reloaded).isEqualTo(1);
      assertThatThrownBy(() -> get(all.open(plain.job(), ""), "http://here/metrics"))
          .hasMessage("went out");
    }
    assertThat(parrot.closed).isEqualTo(2);
  }

  @Test
  void targetIsAParameterAndTheInstance() {
    CollectConfig c =
        entry(
            """
            exporter: parrot
            static_configs: [{targets: [a, 'https://b/c']}]
            relabel_configs:
            - {source_labels: [__param_target], regex: a, target_label: instance, replacement: one}
            """);
    LabelsBuilder a = Labels.of("__address__", "a").toBuilder();
    assertThat(c.job().relabeling().apply(a)).isTrue();
    assertThat(a.build())
        .isEqualTo(
            Labels.of(Map.of("__address__", "parrot", "__param_target", "a", "instance", "one")));
    LabelsBuilder b = Labels.of("__address__", "https://b/c").toBuilder();
    assertThat(c.job().relabeling().apply(b)).isTrue();
    assertThat(b.get("instance")).isEqualTo("https://b/c");
    assertThat(String.valueOf(c.tree().get("relabel_configs"))).doesNotContain("__address__");
  }

  @Test
  void reportsErrorsWithPosition() {
    assertThatThrownBy(() -> entry("{exporter: crow}"))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            "p.yml:1:12: there is no exporter \"crow\" to collect from; expected one of: parrot");
    assertThatThrownBy(() -> entry("{exporter: parrot, flags: {parrot.wurd: x}}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("unknown flag --parrot.wurd, did you mean --parrot.word?");
    assertThatThrownBy(() -> entry("{exporter: parrot, config: {}}"))
        .hasMessageContaining("has no configuration file");
    assertThatThrownBy(() -> entry("{exporter: parrot, basic_auth: {}}"))
        .hasMessageContaining("unknown key \"basic_auth\"");
    assertThat(entry("{exporter: parrot, flags: {parrot.key: k}}").tree().toString())
        .contains("parrot.key=<secret>");
  }

  @Test
  void sameExporterRunsAsAServer() throws Exception {
    try (BuiltInExporter e =
            new BuiltInExporter(
                parrot, List.of("--web.listen-address=127.0.0.1:0", "-parrot.word=hi"));
        HttpClient client = HttpClient.newHttpClient()) {
      String base = "http://127.0.0.1:" + e.port();
      assertThat(body(client, base + "/metrics"))
          .contains("parrot_says{w=\"hi\"} 1")
          .contains("parrot_exporter_build_info{")
          .contains("process_cpu_seconds_total");
      assertThat(body(client, base + "/probe?target=t")).contains("parrot_saw{at=\"t\"} 1");
      assertThat(body(client, base + "/probe")).contains("'target' parameter must be specified");
      assertThat(body(client, base + "/")).contains("Parrot Exporter");
      HttpResponse<String> reload =
          client.send(
              HttpRequest.newBuilder(URI.create(base + "/-/reload"))
                  .POST(HttpRequest.BodyPublishers.noBody())
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(reload.statusCode()).isEqualTo(200);
      assertThat(parrot.reloaded).isEqualTo(1);
    }
    assertThat(parrot.closed).isEqualTo(1);
  }

  private static String body(HttpClient client, String url)
      throws IOException, InterruptedException {
    return client
        .send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }

  @Test
  void probesTimeOutAndConcurrencyIsBounded() throws Exception {
    CountDownLatch looking = new CountDownLatch(1);
    CountDownLatch given = new CountDownLatch(1);
    MetricsSource slow =
        p -> {
          looking.countDown();
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            given.countDown();
            throw e;
          }
          return List.of();
        };
    ProbeRunner runner = new ProbeRunner("slow", 1);
    Thread first =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    runner.ask(slow, Probe.of(dev.tethys.web.Params.EMPTY, ""));
                  } catch (IOException | InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    assertThat(looking.await(30, TimeUnit.SECONDS)).isTrue();
    Probe brief = Probe.of(dev.tethys.web.Params.EMPTY, "0.01");
    assertThatThrownBy(() -> runner.ask(slow, brief))
        .isInstanceOfSatisfying(ProbeException.class, e -> assertThat(e.status()).isEqualTo(503));
    first.interrupt();
    assertThat(given.await(30, TimeUnit.SECONDS)).isTrue();
    first.join();
    assertThatThrownBy(() -> new ProbeRunner("slow", 1).ask(slow, brief))
        .isInstanceOfSatisfying(ProbeException.class, e -> assertThat(e.status()).isEqualTo(504));
    assertThatThrownBy(() -> Probe.of(dev.tethys.web.Params.EMPTY, "soon"))
        .isInstanceOf(ProbeException.class);
  }
}

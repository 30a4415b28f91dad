package dev.tethys.pipeline.receiver.pprof;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.ProfileText;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import dev.tethys.testkit.Shared;
import dev.tethys.web.client.HttpClientFactory;
import io.opentelemetry.proto.profiles.v1development.Profile;
import io.opentelemetry.proto.profiles.v1development.ProfilesData;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With profiles that a program in Go makes of itself. */
@Tag("slow")
class PprofReceiverTest {
  private final TestPipeline pipeline = new TestPipeline();
  private final HttpClient http = HttpClient.newHttpClient();
  private final PprofReceiverFactory factory =
      new PprofReceiverFactory(new HttpClientFactory("test"));
  private final PushReceiver receiver =
      PprofReceiverFactory.receiver(
          java.util.Objects.requireNonNull(
              TestPipeline.read(factory.settings(), "{server: {endpoint: '127.0.0.1:0'}}")
                  .server()),
          pipeline.of(Signal.PROFILES),
          null,
          Scheduler.system());
  @TempDir private Path folder;

  @BeforeEach
  void open() throws Exception {
    receiver.start();
  }

  @AfterEach
  void close() {
    receiver.stop(Duration.ZERO);
    http.close();
  }

  private HttpResponse<String> post(byte[] body) throws Exception {
    return http.send(
        HttpRequest.newBuilder(
                URI.create(
                    "http://127.0.0.1:"
                        + receiver.httpPort()
                        + "/v1/pprof?service.name=prometheus&host.name=h"))
            .POST(BodyPublishers.ofByteArray(body))
            .build(),
        BodyHandlers.ofString());
  }

  private ProfilesData sent(int port, String path) throws Exception {
    byte[] b =
        http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
                BodyHandlers.ofByteArray())
            .body();
    assertThat(b).startsWith(0x1f, 0x8b);
    assertThat(post(b).statusCode()).isEqualTo(204);
    return ProfileText.of(pipeline.batches.removeFirst());
  }

  @Test
  void acceptsProfilesOfPrometheus() throws Exception {
    Path program = Shared.peer("prometheus");
    int port = Ports.free();
    Path config = folder.resolve("prometheus.yml");
    Files.writeString(
        config,
        "scrape_configs: [{job_name: self, scrape_interval: 10ms, scrape_timeout: 10ms,"
            + " static_configs: [{targets: ['127.0.0.1:"
            + port
            + "']}]}]\n");
    try (ServerProcess prometheus =
        new ServerProcess(
            port,
            folder.resolve("prometheus.log"),
            Map.of(),
            List.of(
                program.toString(),
                "--config.file=" + config,
                "--storage.tsdb.path=" + folder.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port))) {
      ProfilesData heap = sent(prometheus.port(), "/debug/pprof/heap");
      assertThat(ProfileText.resource(heap))
          .isEqualTo(Map.of("service.name", "prometheus", "host.name", "h"));
      List<Profile> all = ProfileText.profiles(heap);
      assertThat(all)
          .extracting(p -> ProfileText.type(heap.getDictionary(), p.getSampleType()))
          .containsExactly(
              "alloc_objects/count",
              "alloc_space/bytes",
              "inuse_objects/count",
              "inuse_space/bytes");
      assertThat(all).allMatch(p -> p.getPeriod() == 524288 && p.getTimeUnixNano() > 0);
      assertThat(ProfileText.samples(heap.getDictionary(), all.get(1)))
          .anyMatch(s -> s.contains("<runtime.main=")) // which functions are sampled is chance
          .noneMatch(s -> s.startsWith("="));
      assertThat(
              ProfileText.attributes(
                  heap.getDictionary(), all.getFirst().getSamples(0).getAttributeIndicesList()))
          .anyMatch(a -> a.matches("bytes=[1-9]\\d*"));
      // compared with Go's own text format of the profile
      String goroutines = prometheus.get("/debug/pprof/goroutine?debug=1");
      ProfilesData g = sent(prometheus.port(), "/debug/pprof/goroutine");
      long sum =
          ProfileText.profiles(g).getFirst().getSamplesList().stream()
              .mapToLong(s -> s.getValues(0))
              .sum();
      long said = Long.parseLong(goroutines.lines().findFirst().orElse("").replaceAll("\\D", ""));
      assertThat(sum).isBetween(said - 20, said + 20);

      Thread work =
          Thread.ofVirtual().start(() -> keepBusy(prometheus)); // otherwise it may have no samples
      ProfilesData cpu = sent(prometheus.port(), "/debug/pprof/profile?seconds=1");
      work.interrupt();
      work.join();
      Profile last = ProfileText.profiles(cpu).getLast();
      assertThat(ProfileText.type(cpu.getDictionary(), last.getSampleType()))
          .isEqualTo("cpu/nanoseconds");
      assertThat(last.getDurationNano()).isGreaterThan(900_000_000L);
      assertThat(ProfileText.samples(cpu.getDictionary(), last))
          .anyMatch(s -> s.contains("net/http"));
    }
  }

  private void keepBusy(ServerProcess server) {
    HttpRequest q =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/metrics"))
            .build();
    try {
      while (!Thread.interrupted()) {
        http.send(q, BodyHandlers.ofByteArray());
      }
    } catch (java.io.IOException | InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void rejectsInvalidProfiles() throws Exception {
    HttpResponse<String> r = post("nonsense".getBytes(UTF_8));
    assertThat(r.statusCode()).isEqualTo(400);
    assertThat(pipeline.batches).isEmpty();
    assertThatThrownBy(
            () -> TestPipeline.read(factory.settings(), "{server: {}, remote: {endpoint: x}}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("endpoint must be a URL");
    assertThatThrownBy(() -> TestPipeline.read(factory.settings(), "{remote: {}}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("remote requires an endpoint");
  }
}

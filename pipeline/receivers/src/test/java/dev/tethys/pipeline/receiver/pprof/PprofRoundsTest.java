package dev.tethys.pipeline.receiver.pprof;

import static dev.tethys.testkit.Waiting.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.config.ConfigException;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.receiver.ProfileText;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.web.client.HttpClientFactory;
import io.opentelemetry.proto.profiles.v1development.Profile;
import io.opentelemetry.proto.profiles.v1development.ProfilesData;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Polling of profiles. */
@Tag("slow")
class PprofRoundsTest {
  private final TestPipeline pipeline = new TestPipeline();
  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final PprofReceiverFactory factory = new PprofReceiverFactory(clients);
  private volatile long spun;

  private static final ProfilePoller.Schedule OFTEN =
      new ProfilePoller.Schedule(Duration.ofMillis(20), Duration.ZERO);

  /** A profile with one sample, in gzip as programs in Go write it. */
  private static byte[] pprof(String type, int value) throws IOException {
    ProtoWriter w = new ProtoWriter();
    int t = w.begin(1);
    w.int64(1, 1).int64(2, 2);
    w.end(t);
    int s = w.begin(2);
    w.int64(2, value);
    w.end(s);
    w.string(6, "").string(6, type).string(6, "count");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
      zip.write(w.toByteArray());
    }
    return out.toByteArray();
  }

  private List<String> types() {
    List<String> all = new ArrayList<>();
    pipeline.batches.forEach(
        b -> {
          try {
            ProfilesData d = ProfileText.of(b);
            for (Profile p : ProfileText.profiles(d)) {
              all.add(ProfileText.type(d.getDictionary(), p.getSampleType()));
            }
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
    return all;
  }

  @Test
  void readsNewAndChangedFiles(@TempDir Path dir) throws Exception {
    Files.write(dir.resolve("a.pb.gz"), pprof("first", 1));
    Files.writeString(dir.resolve("b.pb.gz"), "nonsense");
    Files.write(dir.resolve("other"), pprof("other", 1));
    try (ProfilePoller r =
        new ProfilePoller(
            new ProfileFiles(dev.tethys.collect.logs.file.Glob.of(dir + "/*.gz")),
            OFTEN,
            pipeline)) {
      r.start();
      await(() -> pipeline.batches.size() == 1);
      pipeline.outcome = new Outcome.Unavailable("not now", Duration.ZERO);
      Files.write(dir.resolve("c.pb.gz"), pprof("second", 1));
      await(() -> pipeline.batches.size() >= 3);
      pipeline.outcome = Outcome.ACCEPTED;
      int sent = pipeline.batches.size();
      await(() -> pipeline.batches.size() > sent);
      Files.write(dir.resolve("a.pb.gz"), pprof("thirdly", 77_777));
      await(() -> types().contains("thirdly/count"));
    }
    assertThat(types()).startsWith("first/count", "second/count", "second/count");
    assertThat(types()).doesNotContain("other/count").containsOnlyOnce("first/count");
  }

  /** Like the flight recorder when it is started while the Java runtime exits. */
  @Test
  @Timeout(60)
  void closeDoesNotWaitForAHangingRound() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    CountDownLatch closed = new CountDownLatch(1);
    ProfilePoller.Source source =
        new ProfilePoller.Source() {
          @Override
          public String name() {
            return "profiles of a test";
          }

          @Override
          public void gather(ProfilesWriter to) {
            begun.countDown();
            while (end.getCount() > 0) {
              try {
                end.await();
              } catch (InterruptedException e) {
                // it ignores interrupts
              }
            }
            Thread.currentThread().interrupt();
          }

          @Override
          public void close() {
            closed.countDown();
          }
        };
    ProfilePoller poller = new ProfilePoller(source, OFTEN, pipeline);
    poller.start();
    begun.await();
    poller.close();
    assertThat(closed.getCount()).as("closed while it is in use").isOne();
    end.countDown();
    closed.await();
  }

  @Test
  void pollsAProgram() throws Exception {
    HttpServer program = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    AtomicInteger asked = new AtomicInteger();
    program.createContext(
        "/debug/pprof/allocs",
        x -> {
          int n = asked.incrementAndGet();
          byte[] b = n == 1 ? "soon".getBytes(UTF_8) : pprof("alloc" + n, n);
          boolean known = "k".equals(x.getRequestHeaders().getFirst("X-Key"));
          x.sendResponseHeaders(n == 1 ? 503 : known ? 200 : 401, b.length);
          x.getResponseBody().write(b);
          x.close();
        });
    program.start();
    PprofReceiverFactory.Remote s =
        Objects.requireNonNull(
            TestPipeline.read(
                    factory.settings(),
                    "{remote: {endpoint: 'http://127.0.0.1:%d/debug/pprof/allocs', headers: {X-Key: k},"
                            .formatted(program.getAddress().getPort())
                        + " collection_interval: 20ms, initial_delay: 0s, timeout: 10s}}")
                .remote());
    HttpEndpoint endpoint =
        new HttpEndpoint(
            s.client(), null, Map.of(), s.timeout(), clients, System::currentTimeMillis);
    try (ProfilePoller r =
        new ProfilePoller(new RemoteProfiles(s.url(), endpoint), s.pace(), pipeline)) {
      r.start();
      await(() -> types().contains("alloc3/count"));
    }
    program.stop(0);
    clients.close();
    assertThat(types()).startsWith("alloc2/count", "alloc3/count");
  }

  @Test
  void profilesThisProcess() throws Exception {
    Thread busy =
        Thread.ofPlatform()
            .start(
                () -> {
                  while (!Thread.interrupted()) {
                    spun += spun % 7 + 1;
                  }
                });
    try (ProfilePoller r =
        new ProfilePoller(
            new OwnProfiles(true, true, false),
            new ProfilePoller.Schedule(Duration.ofMillis(500), Duration.ofMillis(500)),
            pipeline)) {
      r.start();
      await(() -> types().contains("cpu/nanoseconds"));
    }
    busy.interrupt();
    busy.join();
    List<String> samples = new ArrayList<>();
    for (var b : pipeline.batches) {
      ProfilesData d = ProfileText.of(b);
      ProfileText.profiles(d)
          .forEach(p -> samples.addAll(ProfileText.samples(d.getDictionary(), p)));
    }
    assertThat(samples).anyMatch(s -> s.contains("PprofRoundsTest.lambda$profilesThisProcess"));
  }

  @Test
  void serverProfilesItself() throws Exception {
    Thread busy =
        Thread.ofPlatform()
            .start(
                () -> {
                  while (!Thread.interrupted()) {
                    spun += new byte[1 + (int) (spun & 0xfff)].length;
                  }
                });
    ProfilePoller.Schedule soon = new ProfilePoller.Schedule(Duration.ofMillis(500), Duration.ZERO);
    try (SelfProfiler p = SelfProfiler.start(pipeline, soon, Duration.ofMillis(500))) {
      await(
          () ->
              types().contains("cpu/nanoseconds") && types().contains("alloc_sample_bytes/bytes"));
    }
    busy.interrupt();
    busy.join();
    ProfilesData d = ProfileText.of(pipeline.batches.getFirst());
    assertThat(d.getResourceProfiles(0).getResource().toString())
        .contains("service.name")
        .contains("tethys");
  }

  @Test
  void requiresASource() {
    assertThatThrownBy(() -> TestPipeline.read(factory.settings(), "{}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("requires server, remote, file or self");
    assertThatThrownBy(() -> TestPipeline.read(factory.settings(), "{file: {include: 'a[b'}}"))
        .isInstanceOf(ConfigException.class);
    assertThat(
            TestPipeline.read(
                    factory.settings(), "{self: {mutex_profile_fraction: 1}, file: {include: '*'}}")
                .asked())
        .hasSize(2);
    assertThat(factory.signals()).containsExactly(Signal.PROFILES);
  }
}

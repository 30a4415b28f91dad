package dev.tethys.app.collector;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import dev.tethys.app.TethysProcess;
import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.codec.otlp.wire.OtlpJsonWriter;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.config.ConfigException;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.collector.ConfigSources;
import dev.tethys.pipeline.ledger.Balance;
import dev.tethys.testkit.Ports;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.opentelemetry.proto.collector.profiles.v1development.ExportProfilesServiceRequest;
import io.opentelemetry.proto.collector.profiles.v1development.ExportProfilesServiceResponse;
import io.opentelemetry.proto.collector.profiles.v1development.ProfilesServiceGrpc;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.profiles.v1development.Function;
import io.opentelemetry.proto.profiles.v1development.Line;
import io.opentelemetry.proto.profiles.v1development.Location;
import io.opentelemetry.proto.profiles.v1development.ProfilesData;
import io.opentelemetry.proto.profiles.v1development.ProfilesDictionary;
import io.opentelemetry.proto.profiles.v1development.Stack;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the example of profiles between two collectors, with requests of the official classes. */
@Tag("slow")
class ProfilesRoleTest {
  /** A message as grpc-java sends and reads it. */
  private record Marshalled<T extends MessageLite>(Parser<T> parser) implements Marshaller<T> {
    @Override
    public InputStream stream(T value) {
      return value.toByteString().newInput();
    }

    @Override
    public T parse(InputStream in) {
      try {
        return parser.parseFrom(in);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static final MethodDescriptor<ExportProfilesServiceRequest, ExportProfilesServiceResponse>
      EXPORT =
          MethodDescriptor.newBuilder(
                  new Marshalled<>(ExportProfilesServiceRequest.parser()),
                  new Marshalled<>(ExportProfilesServiceResponse.parser()))
              .setType(MethodDescriptor.MethodType.UNARY)
              .setFullMethodName(ProfilesServiceGrpc.SERVICE_NAME + "/Export")
              .build();

  @TempDir private Path dir;
  private final List<AutoCloseable> open = new ArrayList<>();
  private final HttpClient http = HttpClient.newHttpClient();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable c : open.reversed()) {
      c.close();
    }
    http.close();
  }

  private CollectorRole run(Path file, Map<String, String> environment) throws IOException {
    CollectorRole role =
        new CollectorRole(
            new ConfigSources(List.of(file.toString()), List.of(), environment::get),
            BuiltIn.components(),
            false,
            false);
    open.add(role);
    role.start();
    return role;
  }

  private CollectorRole run(String yaml) throws IOException {
    Path file = Files.createTempFile(dir, "collector", ".yaml");
    Files.writeString(file, yaml);
    return run(file, Map.of());
  }

  /** A profile of so many samples, of functions that begin with a word. */
  private static ExportProfilesServiceRequest request(String service, String word, int samples) {
    ExportProfilesServiceRequest.Builder b = ExportProfilesServiceRequest.newBuilder();
    ProfilesDictionary.Builder d =
        b.getDictionaryBuilder()
            .addMappingTable(
                io.opentelemetry.proto.profiles.v1development.Mapping.getDefaultInstance())
            .addLocationTable(Location.getDefaultInstance())
            .addFunctionTable(Function.getDefaultInstance())
            .addStackTable(Stack.getDefaultInstance())
            .addStringTable("")
            .addStringTable("cpu")
            .addStringTable("nanoseconds");
    var r = b.addResourceProfilesBuilder();
    r.getResourceBuilder()
        .addAttributes(
            KeyValue.newBuilder()
                .setKey("service.name")
                .setValue(AnyValue.newBuilder().setStringValue(service)));
    var p = r.addScopeProfilesBuilder().addProfilesBuilder().setTimeUnixNano(17).setPeriod(10);
    p.getSampleTypeBuilder().setTypeStrindex(1).setUnitStrindex(2);
    for (int i = 1; i <= samples; i++) {
      d.addStringTable(word + i);
      d.addFunctionTable(Function.newBuilder().setNameStrindex(2 + i));
      d.addLocationTable(Location.newBuilder().addLines(Line.newBuilder().setFunctionIndex(i)));
      d.addStackTable(Stack.newBuilder().addLocationIndices(i));
      p.addSamplesBuilder().setStackIndex(i).addValues(i);
    }
    return b.build();
  }

  /** What came: service, cluster, type of values, and of each sample its function and value. */
  private static List<String> records(ProfilesData data) {
    ProfilesDictionary d = data.getDictionary();
    List<String> out = new ArrayList<>();
    data.getResourceProfilesList()
        .forEach(
            r ->
                r.getScopeProfilesList().stream()
                    .flatMap(s -> s.getProfilesList().stream())
                    .forEach(
                        p -> {
                          StringBuilder sb = new StringBuilder();
                          r.getResource()
                              .getAttributesList()
                              .forEach(a -> sb.append(a.getValue().getStringValue()).append(' '));
                          sb.append(d.getStringTable(p.getSampleType().getTypeStrindex()));
                          p.getSamplesList()
                              .forEach(
                                  s -> {
                                    Stack stack = d.getStackTable(s.getStackIndex());
                                    Location at = d.getLocationTable(stack.getLocationIndices(0));
                                    Function f =
                                        d.getFunctionTable(at.getLines(0).getFunctionIndex());
                                    sb.append(' ').append(d.getStringTable(f.getNameStrindex()));
                                    sb.append('=').append(s.getValues(0));
                                  });
                          out.add(sb.toString());
                        }));
    return out;
  }

  private static List<String> lines(Path file) {
    List<String> out = new ArrayList<>();
    try {
      if (Files.exists(file)) {
        for (String line : Files.readAllLines(file)) {
          byte[] b = line.getBytes(UTF_8);
          out.addAll(
              records(
                  ProfilesData.parseFrom(
                      OtlpJson.toProtobuf(OtlpSignal.PROFILES, b, 0, b.length).toByteArray())));
        }
      }
    } catch (IOException e) {
      return out;
    }
    return out;
  }

  private static void until(BooleanSupplier done, Object seen) {
    TethysProcess.await("what is to arrive", Duration.ofSeconds(60), done, () -> seen);
  }

  private int post(String url, String type, byte[] body) throws Exception {
    return http.send(
            HttpRequest.newBuilder(URI.create(url))
                .POST(BodyPublishers.ofByteArray(body))
                .header("Content-Type", type)
                .build(),
            BodyHandlers.discarding())
        .statusCode();
  }

  @Test
  void joinsSamplesQueuesAndForwardsProfiles() throws Exception {
    String grpc = "127.0.0.1:" + Ports.free();
    String push = "127.0.0.1:" + Ports.free();
    String next = "127.0.0.1:" + Ports.free();
    Path near = dir.resolve("near.ndjson");
    Path far = dir.resolve("far.ndjson");
    Map<String, String> variables = new HashMap<>();
    variables.put("QUEUES", dir.resolve("queues").toString());
    variables.put("GRPC", grpc);
    variables.put("HTTP", push);
    variables.put("NEXT", "http://" + next);
    variables.put("FILE", near.toString());
    variables.put("METRICS", "none");
    variables.put("WAIT", "60s");
    CollectorRole first =
        run(RoleExamplesTest.root().resolve("docs/pipelines/examples/profiles.yaml"), variables);

    ManagedChannel channel = NettyChannelBuilder.forTarget(grpc).usePlaintext().build();
    open.add(() -> channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS));
    var call =
        channel.newCall(
            EXPORT, io.grpc.CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS));
    var one = ClientCalls.futureUnaryCall(call, request("shop", "buy", 5));
    byte[] json =
        OtlpJsonWriter.toJson(
            OtlpSignal.PROFILES,
            request("shop", "sell", 3).toByteArray(),
            0,
            request("shop", "sell", 3).getSerializedSize());
    String url = "http://" + push + "/v1development/profiles";
    assertThat(post(url, "application/json", json)).isEqualTo(200);
    assertThat(one.get()).isEqualTo(ExportProfilesServiceResponse.getDefaultInstance());
    assertThat(post(url, "application/x-protobuf", request("noise", "x", 2).toByteArray()))
        .as("nothing is left of it")
        .isEqualTo(200);

    List<String> expected =
        List.of(
            "shop c1 cpu buy1=1 buy2=2 buy3=3 buy4=4 buy5=5",
            "shop c1 cpu sell1=1 sell2=2 sell3=3");
    until(() -> lines(near).size() == 2, near);
    assertThat(lines(near)).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(Files.readAllLines(near)).as("joined").hasSize(1);

    // No server listens yet: they wait on disk, and are there for the next process.
    until(() -> balance(first, "exporter:otlp_grpc@profiles").held() == 8, first.graph().status());
    assertThat(balance(first, "receiver:otlp").in()).isEqualTo(10);
    assertThat(balance(first, "processor:filter@profiles").dropped()).containsValue(2L);
    assertThat(first.graph().status().nodes())
        .allSatisfy(n -> assertThat(n.balances().values()).allMatch(Balance::isBalanced));
    first.close();
    run(
        """
        receivers: {otlp: {protocols: {grpc: {endpoint: "%s"}}}}
        exporters: {file: {path: "%s"}}
        service:
          telemetry: {metrics: {level: none}}
          pipelines: {profiles: {receivers: [otlp], exporters: [file]}}
        """
            .formatted(next, far));
    run(RoleExamplesTest.root().resolve("docs/pipelines/examples/profiles.yaml"), variables);
    until(() -> lines(far).size() == 2, far);
    assertThat(lines(far)).containsExactlyInAnyOrderElementsOf(expected);
  }

  private static Balance balance(CollectorRole role, String node) {
    return Objects.requireNonNull(
        role.graph().status().nodes().stream()
            .filter(n -> n.id().equals(node))
            .findFirst()
            .orElseThrow()
            .balances()
            .get(Signal.PROFILES));
  }

  @Test
  void rejectsComponentsWithoutProfilesWithPosition() {
    for (String processor :
        List.of("attributes: {actions: [{key: a, action: delete}]}", "cumulativetodelta: ")) {
      String name = processor.substring(0, processor.indexOf(':'));
      assertThatThrownBy(
              () ->
                  run(
                      """
                      receivers: {otlp: {protocols: {http: }}}
                      processors: {%s}
                      exporters: {nop: }
                      service:
                        pipelines:
                          profiles: {receivers: [otlp], processors: [%s], exporters: [nop]}
                      """
                          .formatted(processor, name)))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining(name)
          .hasMessageContaining("profiles")
          .hasMessageContaining(":6:");
    }
  }
}

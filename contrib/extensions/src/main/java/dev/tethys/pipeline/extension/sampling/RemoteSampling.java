package dev.tethys.pipeline.extension.sampling;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.client.GrpcClientSettings;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.ExtensionFactory;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.pipeline.server.Authenticators;
import dev.tethys.pipeline.server.GrpcServerEndpoint;
import dev.tethys.pipeline.server.GrpcServerSettings;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.HttpServerSettings;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.web.GrpcException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code jaegerremotesampling}: serves sampling strategies to clients of Jaeger and OpenTelemetry
 * over HTTP and gRPC, from a file or from another server.
 */
public final class RemoteSampling implements ExtensionFactory<RemoteSampling.Settings> {
  /**
   * Settings.
   *
   * @param remote server of strategies to query; null to read a file
   * @param file path or URL; "" to query a server
   * @param reload interval of checks of the file, zero for never; lifetime of another server's
   *     responses
   */
  public record Settings(
      @Nullable HttpServerSettings http,
      @Nullable GrpcServerSettings grpc,
      @Nullable GrpcClientSettings remote,
      String file,
      Duration reload) {}

  static final String METHOD = "/jaeger.api_v2.SamplingManager/GetSamplingStrategy";

  private static final Section HTTP = new Section("http", "HTTP server of sampling strategies.");
  private static final HttpServerSettings.Keys HTTP_KEYS =
      new HttpServerSettings.Keys(HTTP, "localhost:5778");
  private static final Type<HttpServerSettings> HTTP_TYPE = HTTP.type(HTTP_KEYS::read);
  private static final Type<GrpcServerSettings> GRPC_TYPE =
      GrpcServerSettings.type("localhost:14250");

  private static final Section SOURCE = new Section("source", "Source of sampling strategies.");
  private static final Key<String> FILE =
      SOURCE.key(
          "file",
          Type.of(
              "path or URL",
              "",
              n -> n.asString().contains("://") ? n.asString() : Type.PATH.read(n)),
          "",
          "File with strategies in JSON, or its URL.");
  private static final Key<Duration> RELOAD =
      SOURCE.key(
          "reload_interval",
          Type.DURATION,
          Duration.ZERO,
          "Reload interval, 0 for never; for remote, the lifetime of a response.");
  private static final Section REMOTE =
      new Section("remote", "Server that provides jaeger.api_v2.SamplingManager.");
  private static final GrpcClientSettings.Keys REMOTE_KEYS =
      new GrpcClientSettings.Keys(REMOTE, false, "none");
  private static final Key<GrpcClientSettings> REMOTE_KEY =
      SOURCE.optional(
          "remote",
          REMOTE.type(o -> REMOTE_KEYS.read(o, "Tethys")),
          "Server that provides jaeger.api_v2.SamplingManager.");

  private static final Section SECTION =
      new Section("jaegerremotesampling", "Serves sampling strategies to Jaeger clients.");
  private static final Key<HttpServerSettings> HTTP_KEY =
      SECTION.optional(
          "http", HTTP_TYPE, "HTTP server of GET /sampling?service=NAME, also without a path.");
  private static final Key<GrpcServerSettings> GRPC_KEY =
      SECTION.optional("grpc", GRPC_TYPE, "gRPC server of jaeger.api_v2.SamplingManager.");
  private static final Key<Settings> SOURCE_KEY =
      SECTION.required(
          "source", SOURCE.type(RemoteSampling::source), "Source of sampling strategies.");

  private final HttpClientFactory clients;

  /**
   * @param clients the process's; not closed here
   */
  public RemoteSampling(HttpClientFactory clients) {
    this.clients = clients;
  }

  @Override
  public String type() {
    return "jaegerremotesampling";
  }

  @Override
  public List<String> aliases() {
    return List.of("jaeger_remote_sampling");
  }

  @Override
  public String about() {
    return "Tells clients of Jaeger over HTTP and gRPC how many traces to record.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(RemoteSampling::read);
  }

  private static Settings source(YamlObject o) {
    GrpcClientSettings remote = o.find(REMOTE_KEY);
    String file = o.get(FILE);
    if (remote == null == file.isEmpty()) {
      throw o.error("source requires one of file and remote");
    }
    if (file.contains("://") && !file.startsWith("http://") && !file.startsWith("https://")) {
      throw o.error(FILE, "a URL of http or https, or a path");
    }
    return new Settings(null, null, remote, file, o.get(RELOAD));
  }

  private static Settings read(YamlObject o) {
    Settings source = o.get(SOURCE_KEY);
    YamlNode http = o.at(HTTP_KEY);
    YamlNode grpc = o.at(GRPC_KEY);
    boolean both = http == null && grpc == null;
    return new Settings(
        http != null || both ? HTTP_TYPE.read(http == null ? empty() : http) : null,
        grpc != null || both ? GRPC_TYPE.read(grpc == null ? empty() : grpc) : null,
        source.remote,
        source.file,
        source.reload);
  }

  /** Settings of a protocol that is not configured. */
  private static YamlNode empty() {
    return YamlDocument.parse("jaegerremotesampling", null, "{}").root();
  }

  @Override
  public Extension create(Settings s, Context context) {
    return new Running(
        s,
        source(s, context),
        Authenticators.find(s.http == null ? null : s.http.auth(), context),
        Authenticators.find(s.grpc == null ? null : s.grpc.auth(), context),
        context.clock());
  }

  private StrategySource source(Settings s, Context context) {
    GrpcClientSettings remote = s.remote;
    if (remote == null) {
      return new FileStrategies(s.file, s.reload, context.clock(), clients);
    }
    Reference auth = remote.auth();
    return new RemoteStrategies(
        remote, ClientAuth.of(auth, context), s.reload, context.clock()::nanos);
  }

  /** Serves the strategies of its source. */
  static final class Running implements Extension {
    private final StrategySource source;
    private final PushReceiver receiver;

    Running(
        Settings s,
        StrategySource source,
        @Nullable ServerAuth httpAuth,
        @Nullable ServerAuth grpcAuth,
        Scheduler clock) {
      this.source = source;
      ReceiverAdmission admission = new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES);
      HttpServerEndpoint http =
          s.http == null ? null : new HttpServerEndpoint(admission, s.http, httpAuth);
      GrpcServerEndpoint grpc =
          s.grpc == null ? null : new GrpcServerEndpoint(admission, s.grpc, grpcAuth);
      if (http != null) {
        http.on("GET", "/sampling", this::answer);
        http.on("GET", "/", this::answer); // where Jaeger's own clients send requests
      }
      if (grpc != null) {
        grpc.method(METHOD, (message, request, hold, metadata) -> answer(message));
      }
      receiver = new PushReceiver(grpc, http, clock::nanos);
    }

    int httpPort() {
      return receiver.httpPort();
    }

    int grpcPort() {
      return receiver.grpcPort();
    }

    @Override
    public void start() throws IOException {
      source.start();
      try {
        receiver.start();
      } catch (IOException | RuntimeException e) {
        source.stop(); // a source that did not start is not stopped elsewhere
        throw e;
      }
    }

    private void answer(HttpRequest request, HttpResponse response)
        throws IOException, InterruptedException {
      List<String> named = request.query().all("service");
      if (named.size() != 1) {
        response.status(400).send("'service' parameter must be provided once\n");
        return;
      }
      byte[] answer;
      try {
        answer = source.of(named.getFirst());
      } catch (IOException e) {
        response.status(500).send("Cannot get strategy for service: " + e.getMessage() + "\n");
        return;
      }
      response.send("application/json", StrategyJson.of(answer).getBytes(StandardCharsets.UTF_8));
    }

    private byte[] answer(byte[] message) throws GrpcException, InterruptedException {
      String service = "";
      ProtoReader r = new ProtoReader(message);
      while (r.next()) {
        if (r.tag() == (1 << 3 | ProtoReader.LENGTH)) {
          service = r.readString();
        } else {
          r.skip();
        }
      }
      try {
        return source.of(service);
      } catch (IOException e) {
        throw GrpcServerEndpoint.unavailable(
            new Outcome.Unavailable(String.valueOf(e.getMessage()), Duration.ZERO));
      }
    }

    @Override
    public void stop(Duration timeLimit) {
      receiver.stop(timeLimit);
      source.stop();
    }

    @Override
    public boolean isExclusive() {
      return true; // its ports
    }
  }
}

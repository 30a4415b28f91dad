package dev.tethys.pipeline.receiver.sampling;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.Clockwork;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.ExtensionFactory;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.pipeline.receiver.server.Authenticators;
import dev.tethys.pipeline.receiver.server.GrpcDoor;
import dev.tethys.pipeline.receiver.server.GrpcServerSettings;
import dev.tethys.pipeline.receiver.server.HttpDoor;
import dev.tethys.pipeline.receiver.server.HttpServerSettings;
import dev.tethys.pipeline.receiver.server.Intake;
import dev.tethys.pipeline.receiver.server.PushReceiver;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code jaegerremotesampling}: tells clients of Jaeger and OpenTelemetry over HTTP and gRPC how
 * many traces to record, out of a file.
 */
public final class RemoteSampling implements ExtensionFactory<RemoteSampling.Settings> {
  /**
   * The settings.
   *
   * @param reload between looks at the file; zero for never
   */
  public record Settings(
      @Nullable HttpServerSettings http,
      @Nullable GrpcServerSettings grpc,
      String file,
      Duration reload) {}

  private static final System.Logger LOG = System.getLogger(RemoteSampling.class.getName());

  /** The largest file that is read. */
  private static final long MAX_BYTES = 16 << 20;

  private static final String METHOD = "/jaeger.api_v2.SamplingManager/GetSamplingStrategy";

  private static final Section HTTP = new Section("http", "Where HTTP is spoken.");
  private static final HttpServerSettings.Keys HTTP_KEYS =
      new HttpServerSettings.Keys(HTTP, "localhost:5778");
  private static final Type<HttpServerSettings> HTTP_TYPE = HTTP.type(HTTP_KEYS::read);
  private static final Type<GrpcServerSettings> GRPC_TYPE =
      GrpcServerSettings.type("localhost:14250");

  private static final Section SOURCE = new Section("source", "Where strategies come from.");
  private static final Key<String> FILE =
      SOURCE.required("file", Type.PATH, "A file of strategies, in JSON.");
  private static final Key<Duration> RELOAD =
      SOURCE.key(
          "reload_interval", Type.DURATION, Duration.ZERO, "Between looks at it; 0 for never.");

  static {
    SOURCE.notBuilt("remote", "Strategies of another server of them.");
  }

  private static final Section SECTION =
      new Section("jaegerremotesampling", "Tells clients how many traces to record.");
  private static final Key<HttpServerSettings> HTTP_KEY =
      SECTION.optional("http", HTTP_TYPE, "GET /sampling?service=NAME, also without a path.");
  private static final Key<GrpcServerSettings> GRPC_KEY =
      SECTION.optional("grpc", GRPC_TYPE, "jaeger.api_v2.SamplingManager.");
  private static final Key<Settings> SOURCE_KEY =
      SECTION.required(
          "source",
          SOURCE.type(o -> new Settings(null, null, o.get(FILE), o.get(RELOAD))),
          "Where strategies come from.");

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

  private static Settings read(YamlObject o) {
    Settings source = o.get(SOURCE_KEY);
    if (source.file.contains("://")) {
      throw o.error(SOURCE_KEY, "file is a file of this machine");
    }
    YamlNode http = o.at(HTTP_KEY);
    YamlNode grpc = o.at(GRPC_KEY);
    boolean both = http == null && grpc == null;
    return new Settings(
        http != null || both ? HTTP_TYPE.read(http == null ? empty() : http) : null,
        grpc != null || both ? GRPC_TYPE.read(grpc == null ? empty() : grpc) : null,
        source.file,
        source.reload);
  }

  /** What stands for a protocol that nobody wrote. */
  private static YamlNode empty() {
    return YamlDocument.parse("jaegerremotesampling", null, "{}").root();
  }

  @Override
  public Extension create(Settings s, Context context) {
    return new Running(
        s,
        Authenticators.find(s.http == null ? null : s.http.auth(), context),
        Authenticators.find(s.grpc == null ? null : s.grpc.auth(), context),
        context.clock());
  }

  /** Serves what the file said when it was read last and was right. */
  static final class Running implements Extension {
    private final Settings settings;
    private final Clockwork clock;
    private final PushReceiver doors;
    private volatile SamplingStrategies strategies = SamplingStrategies.read("{}");
    private String text = "";
    private boolean stopped; // guarded by this
    private Clockwork.@Nullable Timer timer; // guarded by this

    Running(
        Settings s, @Nullable ServerAuth httpAuth, @Nullable ServerAuth grpcAuth, Clockwork clock) {
      this.settings = s;
      this.clock = clock;
      Intake intake = new Intake(Intake.DEFAULT_MAX_BYTES);
      HttpDoor http = s.http == null ? null : new HttpDoor(intake, s.http, httpAuth);
      GrpcDoor grpc = s.grpc == null ? null : new GrpcDoor(intake, s.grpc, grpcAuth);
      if (http != null) {
        http.on("GET", "/sampling", this::answer);
        http.on("GET", "/", this::answer); // where Jaeger's own clients ask
      }
      if (grpc != null) {
        grpc.method(METHOD, (message, request, hold, metadata) -> answer(message));
      }
      doors = new PushReceiver(grpc, http, clock::nanos);
    }

    int httpPort() {
      return doors.httpPort();
    }

    int grpcPort() {
      return doors.grpcPort();
    }

    @Override
    public void start() throws IOException {
      try {
        load();
      } catch (CodecException e) {
        throw new IOException(settings.file + ": " + e.getMessage(), e);
      }
      doors.start();
      again();
    }

    private void load() throws IOException {
      Path file = Path.of(settings.file);
      if (Files.size(file) > MAX_BYTES) {
        throw new IOException(file + " has more than " + MAX_BYTES + " bytes");
      }
      String now = Files.readString(file);
      if (!now.equals(text)) {
        text = now;
        strategies = SamplingStrategies.read(now);
      }
    }

    private synchronized void again() {
      if (!stopped && settings.reload.isPositive()) {
        timer =
            clock.schedule(settings.reload, () -> clock.execute("sampling strategies", this::look));
      }
    }

    /** Reads the file again; one that is wrong leaves what was. */
    synchronized void look() {
      try {
        load();
      } catch (IOException | CodecException e) {
        LOG.log(Level.ERROR, "{0} is left as it was: {1}", settings.file, e.getMessage());
      }
      again();
    }

    private void answer(HttpRequest request, HttpResponse response) throws IOException {
      List<String> named = request.query().all("service");
      if (named.size() != 1) {
        response.status(400).send("'service' parameter must be provided once\n");
        return;
      }
      response.send(
          "application/json",
          strategies.of(named.getFirst()).json().getBytes(StandardCharsets.UTF_8));
    }

    private byte[] answer(byte[] message) {
      String service = "";
      ProtoReader r = new ProtoReader(message);
      while (r.next()) {
        if (r.tag() == (1 << 3 | ProtoReader.LENGTH)) {
          service = r.readString();
        } else {
          r.skip();
        }
      }
      return strategies.of(service).protobuf();
    }

    @Override
    public void stop(Duration patience) {
      synchronized (this) {
        stopped = true;
        if (timer != null) {
          timer.cancel();
        }
      }
      doors.stop(patience);
    }

    @Override
    public boolean isExclusive() {
      return true; // its ports
    }
  }
}

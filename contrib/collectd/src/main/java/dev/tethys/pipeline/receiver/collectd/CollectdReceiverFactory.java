package dev.tethys.pipeline.receiver.collectd;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.collectd.CollectdJson;
import dev.tethys.codec.collectd.CollectdTelemetry;
import dev.tethys.codec.collectd.PacketReader;
import dev.tethys.codec.collectd.PacketReader.Security;
import dev.tethys.codec.collectd.TypesDb;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.ListenAddressConfig;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.pipeline.receiver.points.PipelinePoints;
import dev.tethys.pipeline.receiver.points.PointSockets;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.pipeline.server.Authenticators;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.HttpServerSettings;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.pipeline.server.ReceiverAdmission.BusyException;
import dev.tethys.pipeline.server.ReceiverAdmission.Hold;
import dev.tethys.pipeline.server.SocketServerEndpoint;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.socket.DatagramListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Creates {@code collectd} receivers. The response to a post is 200 with {@code OK} when all of it
 * was accepted; 400 if some elements were rejected and the others accepted; 503 if the sender
 * should retry.
 */
public final class CollectdReceiverFactory
    implements ReceiverFactory<CollectdReceiverFactory.Settings> {
  /**
   * Listener for packets.
   *
   * @param users null without authentication
   */
  record Network(String endpoint, Security level, @Nullable Path users, TypesDb types) {}

  /**
   * Receiver settings.
   *
   * @param prefix prefix of the URL parameters that become attributes, or "" for none
   * @param network null to accept no packets
   */
  public record Settings(HttpServerSettings http, String prefix, @Nullable Network network) {}

  private static final Section NETWORK =
      new Section("network", "UDP packets of collectd's network plugin.");
  private static final Key<String> NETWORK_ENDPOINT =
      NETWORK.key(
          "endpoint",
          ListenAddressConfig.TYPE,
          "localhost:25826",
          "Address to listen on for packets: host:port.");
  private static final Key<Security> LEVEL =
      NETWORK.key(
          "security_level",
          Type.lowerCase("security level", Security.class),
          Security.NONE,
          "Minimum security level of packets.");
  private static final Key<String> USERS =
      NETWORK.key(
          "auth_file", Type.PATH, "", "File with users and passwords, as user: password lines.");
  private static final Key<List<String>> TYPES =
      NETWORK.key(
          "types_db",
          Type.list(Type.PATH),
          List.of(),
          "Files with the names of data sources; without them, values are named "
              + "value, or 0, 1, ….");

  private static final Section SECTION = new Section("collectd", "Receives metrics from collectd.");
  private static final HttpServerSettings.Keys HTTP =
      new HttpServerSettings.Keys(SECTION, "localhost:8081");
  private static final Key<Duration> TIMEOUT =
      SECTION.key("timeout", GoDurations.TYPE, Duration.ofSeconds(30), "Timeout of a request.");
  private static final Key<String> PREFIX =
      SECTION.key(
          "attributes_prefix",
          Type.STRING,
          "",
          "Prefix of URL parameters that become attributes of every point; none " + "if empty.");
  private static final Key<String> ENCODING =
      SECTION.key("encoding", Type.STRING, "json", "Encoding of requests; only json.");
  private static final Key<Network> NETWORK_KEY =
      SECTION.optional(
          "network",
          NETWORK.type(CollectdReceiverFactory::network),
          "UDP packets of collectd's network plugin; disabled if absent.");

  @Override
  public String type() {
    return "collectd";
  }

  @Override
  public String about() {
    return "Receives metrics and notifications of collectd: write_http's JSON, packets of network.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(
        o -> {
          if (!o.get(ENCODING).equalsIgnoreCase("json")) {
            throw o.error(ENCODING, "encoding must be json: in write_http, Format \"JSON\"");
          }
          HttpServerSettings http = HTTP.read(o);
          if (!http.readTimeout().isPositive()) {
            http = http.withReadTimeout(o.get(TIMEOUT));
          }
          return new Settings(http, o.get(PREFIX), o.find(NETWORK_KEY));
        });
  }

  private static Network network(YamlObject o) {
    String endpoint = o.get(NETWORK_ENDPOINT);
    Path users = o.get(USERS).isEmpty() ? null : Path.of(o.get(USERS));
    Security level = o.get(LEVEL);
    if (users == null && level != Security.NONE) {
      throw o.error(LEVEL, "security_level requires auth_file, which contains the passwords");
    }
    if (users != null && !Files.isReadable(users)) {
      throw o.error(USERS, users + " cannot be read");
    }
    TypesDb types = new TypesDb();
    for (String file : o.get(TYPES)) {
      try {
        types.add(file, Files.readString(Path.of(file)));
      } catch (IOException e) {
        throw o.error(TYPES, file + " cannot be read: " + e.getMessage());
      } catch (CodecException e) {
        throw o.error(TYPES, String.valueOf(e.getMessage()));
      }
    }
    return new Network(endpoint, level, users, types);
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS, Signal.LOGS);
  }

  @Override
  public Receiver create(Settings settings, Map<Signal, Consumer> outputs, Context context) {
    return receiver(
        settings,
        outputs,
        Authenticators.find(settings.http.auth(), context),
        context.clock(),
        context.name(),
        context.metrics());
  }

  static PushReceiver receiver(
      Settings s,
      Map<Signal, Consumer> outputs,
      @Nullable ServerAuth auth,
      Scheduler clock,
      String name,
      Registry metrics) {
    CollectdOutput to = CollectdOutput.of(outputs);
    HttpServerEndpoint endpoint =
        new HttpServerEndpoint(
            new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES), s.http, auth);
    endpoint.post("/{path...}", (q, r) -> take(to, s.prefix, endpoint, q, r));
    PointTally tally = new PointTally(name, metrics, clock::nanos);
    Network n = s.network;
    List<SocketServerEndpoint> sockets =
        n == null ? List.of() : List.of(packets(n, to, tally, clock));
    return new PushReceiver(null, endpoint, clock::nanos, sockets).countRefused(tally);
  }

  /** Opens the packet endpoint; the user file is read when it starts to listen. */
  private static SocketServerEndpoint packets(
      Network n, CollectdOutput to, PointTally tally, Scheduler clock) {
    return PointSockets.datagrams(
        new DatagramListener.Options(n.endpoint),
        () -> {
          AuthFile users = n.users == null ? null : new AuthFile(n.users, clock::nanos);
          return new CollectdPackets(
              new PacketReader(n.level, users == null ? null : users::password, n.types),
              to,
              tally);
        });
  }

  private static void take(
      CollectdOutput to,
      String prefix,
      HttpServerEndpoint endpoint,
      HttpRequest request,
      HttpResponse response)
      throws IOException, InterruptedException, BusyException {
    try (Hold hold = endpoint.admission().open()) {
      byte[] b = endpoint.body(request, endpoint.compression(request), hold);
      hold.take(4L * b.length);
      CollectdTelemetry t = new CollectdTelemetry(attributes(prefix, request));
      RejectedItems refused = CollectdJson.read(b, t);
      endpoint.refused(refused);
      Outcome outcome = Outcome.ACCEPTED;
      long lane = PipelinePoints.lane(request.remoteAddress().getAddress());
      for (CollectdOutput.Route w : to.routes(t, lane, endpoint.metadata(request))) {
        outcome = Outcome.plus(outcome, ReceiverAdmission.deliver(w.batch(), w.to(), request));
      }
      if (!refused.isEmpty()) {
        String why =
            refused.count()
                + " elements refused:\n"
                + refused.text(x -> "element " + x.number() + ": " + x.why() + ": " + x.item());
        outcome = Outcome.plus(outcome, new Outcome.Rejected(why, refused.count()));
      }
      if (outcome instanceof Outcome.Accepted) {
        response.status(200).send("OK");
      } else {
        HttpServerEndpoint.answer(response, outcome);
      }
    }
  }

  private static Map<String, String> attributes(String prefix, HttpRequest request) {
    Map<String, String> m = new LinkedHashMap<>();
    if (!prefix.isEmpty()) {
      for (String name : request.query().names()) {
        String v = request.query().first(name, "");
        if (name.startsWith(prefix) && name.length() > prefix.length() && !v.isEmpty()) {
          m.put(name.substring(prefix.length()), v);
        }
      }
    }
    return m;
  }
}

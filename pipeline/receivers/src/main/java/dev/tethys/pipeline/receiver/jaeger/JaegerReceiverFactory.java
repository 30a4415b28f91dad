package dev.tethys.pipeline.receiver.jaeger;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.jaeger.JaegerReader;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.config.Key;
import dev.tethys.config.ListenAddressConfig;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.pipeline.receiver.points.PointSockets;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.pipeline.server.Authenticators;
import dev.tethys.pipeline.server.GrpcServerEndpoint;
import dev.tethys.pipeline.server.GrpcServerSettings;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.HttpServerSettings;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.pipeline.server.SocketServerEndpoint;
import dev.tethys.web.socket.DatagramListener;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Creates {@code jaeger} receivers. */
public final class JaegerReceiverFactory
    implements ReceiverFactory<JaegerReceiverFactory.Settings> {
  /**
   * Settings of the receiver; null for disabled protocols.
   *
   * @param compact listener of agent datagrams in the compact protocol
   * @param binary listener of those in the binary protocol
   */
  public record Settings(
      @Nullable GrpcServerSettings grpc,
      @Nullable HttpServerSettings http,
      @Nullable Udp compact,
      @Nullable Udp binary) {}

  /**
   * Datagram listener.
   *
   * @param maxPacket maximum size; larger ones are rejected
   * @param socketBuffer kernel receive buffer in bytes; 0 for 2 MiB
   */
  public record Udp(String endpoint, int maxPacket, int socketBuffer) {}

  private static final int MAX_DATAGRAM = 65_000;
  private static final Duration UDP_PATIENCE = Duration.ofSeconds(10);

  private static final Section HTTP = new Section("thrift_http", "Thrift over HTTP.");
  private static final HttpServerSettings.Keys HTTP_KEYS =
      new HttpServerSettings.Keys(HTTP, "localhost:14268");
  private static final Type<HttpServerSettings> HTTP_TYPE = HTTP.type(HTTP_KEYS::read);
  private static final Type<GrpcServerSettings> GRPC_TYPE =
      GrpcServerSettings.type("localhost:14250");
  private static final Type<Udp> COMPACT_TYPE = datagrams("thrift_compact", "localhost:6831");
  private static final Type<Udp> BINARY_TYPE = datagrams("thrift_binary", "localhost:6832");

  private static Type<Udp> datagrams(String name, String endpoint) {
    Section s = new Section(name, "UDP packets, as sent to a Jaeger agent.");
    Key<String> where =
        s.key("endpoint", ListenAddressConfig.TYPE, endpoint, "Address to listen on: host:port.");
    Key<Long> maxPacket =
        s.key(
            "max_packet_size",
            Type.INT,
            (long) MAX_DATAGRAM,
            "Maximum size of a packet in bytes; larger packets are refused.");
    Key<Long> buffer =
        s.key(
            "socket_buffer_size",
            Type.INT,
            0L,
            "Size of the kernel's receive buffer in bytes; 0 for 2 MiB.");
    Key<Long> queue =
        s.key(
            "queue_size",
            Type.INT,
            1000L,
            "No effect: packets wait in the socket buffer of the kernel.");
    Key<Long> workers = s.key("workers", Type.INT, 10L, "No effect: one thread reads packets.");
    return s.type(
        o -> {
          between(o, queue, 1);
          between(o, workers, 1);
          return new Udp(o.get(where), between(o, maxPacket, 1), between(o, buffer, 0));
        });
  }

  private static int between(YamlObject o, Key<Long> key, int least) {
    long n = o.get(key);
    if (n < least || n > 1 << 30) {
      throw o.error(key, key.name() + " is " + least + " to " + (1 << 30));
    }
    return (int) n;
  }

  private static final Section PROTOCOLS =
      new Section(
          "protocols", "Protocols to accept; a key without a value uses the protocol's defaults.");
  private static final Key<GrpcServerSettings> GRPC_KEY =
      PROTOCOLS.optional("grpc", GRPC_TYPE, "api_v2 over gRPC.");
  private static final Key<HttpServerSettings> HTTP_KEY =
      PROTOCOLS.optional("thrift_http", HTTP_TYPE, "/api/traces over HTTP.");
  private static final Key<Udp> COMPACT_KEY =
      PROTOCOLS.optional("thrift_compact", COMPACT_TYPE, "UDP packets in the compact protocol.");
  private static final Key<Udp> BINARY_KEY =
      PROTOCOLS.optional("thrift_binary", BINARY_TYPE, "UDP packets in the binary protocol.");

  private static final Section SECTION =
      new Section("jaeger", "Receives spans from Jaeger clients.");
  private static final Key<Settings> PROTOCOLS_KEY =
      SECTION.required(
          "protocols", PROTOCOLS.type(JaegerReceiverFactory::protocols), "Protocols to accept.");

  private static Settings protocols(YamlObject o) {
    Settings s =
        new Settings(
            read(o, GRPC_KEY, GRPC_TYPE),
            read(o, HTTP_KEY, HTTP_TYPE),
            read(o, COMPACT_KEY, COMPACT_TYPE),
            read(o, BINARY_KEY, BINARY_TYPE));
    if (s.grpc == null && s.http == null && s.compact == null && s.binary == null) {
      throw o.error(
          "must specify at least one protocol when using the Jaeger receiver: grpc, thrift_http,"
              + " thrift_compact, thrift_binary");
    }
    return s;
  }

  /** Reads a key; one without a value enables its protocol. */
  private static <T> @Nullable T read(YamlObject o, Key<T> key, Type<T> type) {
    YamlNode n = o.at(key);
    return n == null ? null : type.read(n);
  }

  @Override
  public String type() {
    return "jaeger";
  }

  @Override
  public String about() {
    return "Receives spans of Jaeger: gRPC, Thrift over HTTP, an agent's datagrams.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(o -> o.get(PROTOCOLS_KEY));
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.TRACES);
  }

  @Override
  public Receiver create(Settings settings, Map<Signal, Consumer> outputs, Context context) {
    return receiver(
        settings,
        outputs,
        Authenticators.find(settings.grpc == null ? null : settings.grpc.auth(), context),
        Authenticators.find(settings.http == null ? null : settings.http.auth(), context),
        context.clock(),
        context.name(),
        context.metrics());
  }

  static PushReceiver receiver(
      Settings s,
      Map<Signal, Consumer> outputs,
      @Nullable ServerAuth grpcAuth,
      @Nullable ServerAuth httpAuth,
      Scheduler clock,
      String name,
      Registry metrics) {
    ReceiverAdmission admission = new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES);
    GrpcServerEndpoint grpc =
        s.grpc == null ? null : new GrpcServerEndpoint(admission, s.grpc, grpcAuth);
    HttpServerEndpoint http =
        s.http == null ? null : new HttpServerEndpoint(admission, s.http, httpAuth);
    PointTally tally = new PointTally(name, metrics, clock::nanos);
    List<SocketServerEndpoint> sockets = new ArrayList<>();
    Consumer c = outputs.get(Signal.TRACES);
    if (c != null) {
      JaegerProtocol protocol = new JaegerProtocol(c);
      if (grpc != null) {
        protocol.addTo(grpc);
      }
      if (http != null) {
        protocol.addTo(http, "/api/traces");
      }
      if (s.compact != null) {
        sockets.add(datagrams(s.compact, true, c, tally));
      }
      if (s.binary != null) {
        sockets.add(datagrams(s.binary, false, c, tally));
      }
    }
    return new PushReceiver(grpc, http, clock::nanos, sockets).countRefused(tally);
  }

  /**
   * Creates a receiver of an agent's datagrams only.
   *
   * @param compact address for the compact protocol, null if none
   * @param binary address for the binary protocol, null if none
   */
  public static Receiver agent(
      @Nullable String compact,
      @Nullable String binary,
      Consumer to,
      Scheduler clock,
      PointTally tally) {
    List<SocketServerEndpoint> sockets = new ArrayList<>();
    if (compact != null) {
      sockets.add(datagrams(new Udp(compact, MAX_DATAGRAM, 0), true, to, tally));
    }
    if (binary != null) {
      sockets.add(datagrams(new Udp(binary, MAX_DATAGRAM, 0), false, to, tally));
    }
    return new PushReceiver(null, null, clock::nanos, sockets);
  }

  /**
   * Creates an endpoint for datagrams. Each is offered once, because senders do not wait; rejected
   * ones are counted.
   */
  private static SocketServerEndpoint datagrams(
      Udp udp, boolean compact, Consumer to, PointTally tally) {
    return PointSockets.datagrams(
        new DatagramListener.Options(udp.endpoint).withReceiveBuffer(udp.socketBuffer),
        () ->
            new DatagramListener.Handler() {
              private final List<Batch> gathered = new ArrayList<>();

              @Override
              public void datagram(byte[] buf, int length, InetAddress from) {
                RejectedItems refusals = new RejectedItems();
                if (length > udp.maxPacket) {
                  tally.refused("udp", 1, "a datagram is larger than max_packet_size");
                  return;
                }
                try {
                  Batch b =
                      JaegerProtocol.batch(
                          JaegerReader.datagram(buf, 0, length, compact), Metadata.NONE, refusals);
                  if (b != null) {
                    gathered.add(b);
                  }
                  tally.refused("udp", refusals);
                } catch (CodecException e) {
                  tally.refused("udp", 1, String.valueOf(e.getMessage()));
                }
              }

              @Override
              public void pause() throws InterruptedException {
                List<Batch> all = List.copyOf(gathered);
                gathered.clear();
                Outcome o = ReceiverAdmission.deliver(all, to, UDP_PATIENCE);
                int spans = all.stream().mapToInt(Batch::items).sum();
                if (o instanceof Outcome.Unavailable u) {
                  tally.refused("udp", spans, u.reason());
                } else if (o instanceof Outcome.Rejected r) {
                  tally.refused("udp", r.items(), r.reason());
                }
              }
            });
  }
}

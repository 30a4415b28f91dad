package dev.tethys.pipeline.receiver.fluent;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.fluent.ForwardMessage;
import dev.tethys.codec.fluent.MsgPackReader;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.guard.ByteBudget;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.receiver.points.MessageListener;
import dev.tethys.pipeline.receiver.points.MessageListener.RefusedException;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.pipeline.server.PushReceiver;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.pipeline.server.ReceiverAdmission.BusyException;
import dev.tethys.pipeline.server.ReceiverAdmission.Hold;
import dev.tethys.pipeline.server.ServerTlsSettings;
import dev.tethys.pipeline.server.SocketServerEndpoint;
import dev.tethys.web.SocketTls;
import dev.tethys.web.socket.StreamListener;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Creates {@code fluent_forward} receivers. */
public final class FluentForwardReceiverFactory
    implements ReceiverFactory<FluentForwardReceiverFactory.Settings> {
  /**
   * Receiver settings.
   *
   * @param shutdownDelay time to keep receiving after the stop
   * @param endpoint {@code host:port} of TCP
   * @param socket Unix socket instead of TCP; null if none
   */
  public record Settings(
      String endpoint,
      @Nullable Path socket,
      @Nullable ServerTlsSettings tls,
      @Nullable Handshake security,
      int max,
      Duration shutdownDelay) {}

  private static final Duration IDLE = Duration.ofMinutes(10);
  private static final Duration LAST_PAUSE = Duration.ofSeconds(30);

  private static final Section SECTION =
      new Section("fluent_forward", "Receives events from Fluentd and Fluent Bit.");
  private static final Key<String> ENDPOINT =
      SECTION.key(
          "endpoint",
          Type.STRING,
          "0.0.0.0:8006",
          "Address to listen on for TCP and heartbeats: host:port, or " + "unix:///path.");
  private static final Key<ServerTlsSettings> TLS =
      SECTION.optional("tls", ServerTlsSettings.TYPE, "TLS settings of the server.");
  private static final Key<Handshake> SECURITY =
      SECTION.optional("security", Handshake.TYPE, "Authentication of senders.");
  private static final Key<Long> MAX =
      SECTION.key(
          "max_message_size_mib",
          Type.INT,
          32L,
          "Maximum size of a message in MiB, also after decompression.");
  private static final Key<Duration> SHUTDOWN_DELAY =
      SECTION.key(
          "shutdown_delay",
          GoDurations.TYPE,
          Duration.ZERO,
          "Time for which events are still accepted after the receiver is " + "stopped.");

  @Override
  public String type() {
    return "fluent_forward";
  }

  @Override
  public List<String> aliases() {
    return List.of("fluentforward");
  }

  @Override
  public String about() {
    return "Receives events of Fluentd and Fluent Bit: all modes, acknowledgements, shared key.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(FluentForwardReceiverFactory::read);
  }

  private static Settings read(YamlObject o) {
    String endpoint = o.get(ENDPOINT);
    Path socket = null;
    if (endpoint.startsWith("unix://") || endpoint.startsWith("/")) {
      String path = endpoint.substring(endpoint.startsWith("/") ? 0 : "unix://".length());
      if (!path.startsWith("/")) {
        throw o.error(ENDPOINT, "a socket requires an absolute path: unix:///path");
      }
      socket = Path.of(path);
    }
    long max = o.get(MAX);
    if (max < 1 || max > 512) {
      throw o.error(MAX, "max_message_size_mib must be 1 to 512");
    }
    ServerTlsSettings tls = o.find(TLS);
    if (tls != null && socket != null) {
      throw o.error(TLS, "a Unix socket does not support TLS");
    }
    return new Settings(
        endpoint, socket, tls, o.find(SECURITY), (int) max << 20, o.get(SHUTDOWN_DELAY));
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.LOGS);
  }

  @Override
  public Receiver create(Settings s, Map<Signal, Consumer> outputs, Context context) {
    return receiver(s, outputs, context.clock(), context.name(), context.metrics());
  }

  static PushReceiver receiver(
      Settings s, Map<Signal, Consumer> outputs, Scheduler clock, String name, Registry metrics) {
    Consumer to = java.util.Objects.requireNonNull(outputs.get(Signal.LOGS));
    Forwarded f = new Forwarded(s, to, clock, new PointTally(name, metrics, clock::nanos));
    return new PushReceiver(null, null, clock::nanos, List.of(f));
  }

  /**
   * Message received from a sender.
   *
   * @param memory reserved until the next message is read
   * @param from its sender
   */
  @SuppressWarnings("ArrayRecordComponent") // not compared
  private record Message(
      @Nullable Object[] values,
      long lane,
      OutputStream out,
      ByteBudget.Reservation memory,
      String from) {}

  /**
   * Settings that connections depend on.
   *
   * @param max longest message
   */
  private record Rules(@Nullable ServerTlsSettings tls, @Nullable Handshake security, int max) {}

  /** Connections, and the heartbeats of old senders, which use UDP on the same port. */
  private static final class ForwardProtocol implements MessageListener.Protocol<Message> {
    private final Settings settings;
    private volatile @Nullable SocketTls tls;

    ForwardProtocol(Settings settings) {
      this.settings = settings;
    }

    @Override
    public MessageListener.Input<Message> open(Socket raw) throws IOException {
      SocketTls t = tls;
      Socket s = t == null ? raw : t.accepted(raw);
      OutputStream out = s.getOutputStream();
      ByteBudget.Reservation held = ByteBudget.process().open();
      MsgPackReader in =
          new MsgPackReader(
              new BufferedInputStream(held.watched(s.getInputStream(), raw), 64 << 10),
              settings.max,
              held.awaiting());
      String from = String.valueOf(raw.getRemoteSocketAddress());
      int sender =
          settings.socket == null
              ? raw.getRemoteSocketAddress().hashCode()
              : System.identityHashCode(raw);
      long lane = 1L << 34 | Integer.toUnsignedLong(sender);
      return new MessageListener.Input<>() {
        private boolean isKnown = settings.security == null;

        @Override
        public @Nullable Message next() throws IOException {
          held.close();
          try {
            Handshake security = settings.security;
            String why = isKnown || security == null ? null : security.with(in, out);
            if (why != null) {
              throw new RefusedException(from + ": " + why, null);
            }
            isKnown = true;
            @Nullable Object @Nullable [] m = in.next();
            return m == null ? null : new Message(m, lane, out, held, from);
          } catch (CodecException | ByteBudget.OverBudgetException | EOFException e) {
            // The beginning of the next message is unknown; without memory, a sender that waits
            // for acknowledgements sends the message again.
            throw new RefusedException(from + ": " + e.getMessage(), e);
          }
        }

        @Override
        public void close() {
          held.close();
        }
      };
    }

    @Override
    public AutoCloseable companion(int port) throws IOException {
      if (settings.socket != null) {
        return () -> {};
      }
      String host = settings.endpoint.substring(0, settings.endpoint.lastIndexOf(':'));
      try {
        DatagramSocket s =
            new DatagramSocket(
                host.isEmpty()
                    ? new InetSocketAddress(port)
                    : new InetSocketAddress(host.replaceAll("[\\[\\]]", ""), port));
        Thread.ofVirtual()
            .name("heartbeats " + settings.endpoint)
            .start(SupervisedLoop.of("heartbeats", () -> answer(s)));
        return s;
      } catch (IOException e) {
        throw new IOException(
            "cannot listen on " + settings.endpoint + "/udp: " + e.getMessage(), e);
      }
    }

    private static void answer(DatagramSocket s) {
      byte[] b = new byte[16];
      while (!s.isClosed()) {
        try {
          DatagramPacket p = new DatagramPacket(b, b.length);
          s.receive(p);
          s.send(new DatagramPacket(new byte[1], 1, p.getSocketAddress()));
        } catch (IOException e) {
          // closed, or the client is gone
        }
      }
    }
  }

  /** Endpoint that receives the messages. */
  private static final class Forwarded
      implements SocketServerEndpoint, MessageListener.Handler<Message> {
    private final Settings settings;
    private final Consumer to;
    private final Scheduler clock;
    private final PointTally tally;
    private final ReceiverAdmission admission =
        new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES);
    private final ForwardProtocol protocol;
    private final SocketServerEndpoint endpoint;
    private final String transport;
    private boolean isOpen;

    Forwarded(Settings settings, Consumer to, Scheduler clock, PointTally tally) {
      this.settings = settings;
      this.to = to;
      this.clock = clock;
      this.tally = tally;
      this.transport = settings.socket == null ? "tcp" : "unix";
      this.protocol = new ForwardProtocol(settings);
      Rules rules = new Rules(settings.tls, settings.security, settings.max);
      this.endpoint =
          settings.socket == null
              ? MessageListener.over(
                  new StreamListener.Options(settings.endpoint, IDLE), rules, protocol, this)
              : MessageListener.over(settings.socket, rules, protocol, this);
    }

    @Override
    public void open() throws IOException {
      ServerTlsSettings t = settings.tls;
      if (t != null) {
        protocol.tls = t.sockets(clock::nanos);
      }
      endpoint.open();
      isOpen = true;
    }

    @Override
    public @Nullable Object settings() {
      return endpoint.settings();
    }

    @Override
    public int port() {
      return endpoint.port();
    }

    @Override
    public void close() {
      if (isOpen) {
        isOpen = false;
        try {
          Thread.sleep(settings.shutdownDelay);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt(); // the stopping thread has no more time
        }
      }
      endpoint.close();
    }

    @Override
    public void refused(String reason) {
      tally.refused(transport, 1, reason);
    }

    @Override
    public boolean take(Message m) throws IOException, InterruptedException {
      try {
        return message(m.values, m.lane, m.out, m.memory);
      } catch (CodecException | ByteBudget.OverBudgetException e) {
        refused(m.from + ": " + e.getMessage());
        return false;
      }
    }

    /** Whether to continue with the connection. */
    private boolean message(
        @Nullable Object[] m, long lane, OutputStream out, ByteBudget.Reservation memory)
        throws IOException, InterruptedException {
      try (Hold hold = admission.open()) {
        ForwardMessage f =
            ForwardMessage.of(m, settings.max, clock.millis() * 1_000_000, memory.awaiting());
        // Not sent back: the sender would send the whole chunk again, without end.
        tally.refused(transport, f.refusals());
        if (f.events() > 0) {
          byte[] body = new OtlpWriter().write(f.logs());
          memory.await(body.length);
          hold.take(2L * body.length);
          Batch b = new Batch(Signal.LOGS, Encoding.OTLP, body, f.events(), lane, Metadata.NONE);
          if (!delivered(b, f)) {
            return false;
          }
        }
        if (f.chunk() != null) {
          new Handshake.Pack().map(1).text("ack").text(f.chunk()).to(out);
        }
        return true;
      } catch (BusyException e) {
        tally.refused(transport, 1, "too much is in work");
        return false; // an unacknowledged sender retries
      }
    }

    /**
     * Delivers a batch. Senders without acknowledgements are slowed down; others are rejected and
     * retry.
     */
    private boolean delivered(Batch b, ForwardMessage f) throws InterruptedException {
      Duration pause = Duration.ofMillis(100);
      while (true) {
        switch (ReceiverAdmission.deliver(List.of(b), to, ReceiverAdmission.MAX_WAIT)) {
          case Outcome.Accepted _ -> {
            return true;
          }
          case Outcome.Rejected r -> {
            tally.refused(transport, r.items(), r.reason());
            return true;
          }
          case Outcome.Unavailable u -> {
            if (f.chunk() != null) {
              return false;
            }
            Duration wait = u.retryAfter(pause);
            Thread.sleep(wait.compareTo(LAST_PAUSE) > 0 ? LAST_PAUSE : wait);
            pause = pause.multipliedBy(2);
          }
        }
      }
    }
  }
}

package dev.tethys.pipeline.exporter.nats;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.text.PercentEscape;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Checkable;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.ItemProbe;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.exporter.messages.LoopbackProbe;
import dev.tethys.pipeline.exporter.messages.MessageRequestEncoder;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Creates {@code nats} exporters. */
public final class NatsExporterFactory
    implements ExporterFactory<NatsSettings>, Checkable<NatsSettings> {
  @Override
  public String type() {
    return "nats";
  }

  @Override
  public String about() {
    return "Sends metrics, logs and traces to NATS, with JetStream or without.";
  }

  @Override
  public Type<NatsSettings> settings() {
    return NatsSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS, Signal.LOGS, Signal.TRACES);
  }

  /** Converts a value to one token of a subject. */
  static String token(String value) {
    return PercentEscape.encode(
        value, b -> b <= ' ' || b >= 0x7f || b == '.' || b == '*' || b == '>' || b == '%');
  }

  private static MessageRequestEncoder encoder(NatsSettings s, Context context) {
    return new MessageRequestEncoder(
        s.messages(), NatsExporterFactory::token, context.metrics(), context.id().toString());
  }

  @Override
  public Exporter create(NatsSettings s, Signal signal, Context context) {
    s.messages().check(signal);
    return context.exporter(
        s.delivery(), signal, encoder(s, context), new Publisher(s, new NatsClient(s)));
  }

  @Override
  public Set<Signal> tried() {
    return signals();
  }

  @Override
  public ExporterProbe probe(NatsSettings s, Signal signal, Context context) {
    s.messages().check(signal);
    NatsClient client = new NatsClient(s);
    LoopbackProbe sender =
        new LoopbackProbe(
            new Publisher(s, client),
            new NatsListener(new NatsClient(s, LoopbackProbe.timeLimit(s.delivery().timeout()))));
    ExporterProbe probe =
        new ItemProbe(
            signal,
            client::connect,
            encoder(s, context),
            s.jetStream() && s.setup() == null ? new Seeking(client, sender) : sender,
            (p, t, v) ->
                MessageRequestEncoder.topic(p)
                    + (s.jetStream() ? ", where it is stored" : "")
                    + sender.describeResult());
    StreamSetup setup = s.setup();
    return setup == null ? probe : new Planned(probe, setup, client);
  }

  /**
   * Looks up a stream first, because a subscriber could respond in place of a missing stream, which
   * would not store the message.
   */
  private record Seeking(NatsClient client, LoopbackProbe sender) implements Sender {
    @Override
    public SendResult send(EncodedRequest p) throws IOException, InterruptedException {
      client.seekStream(MessageRequestEncoder.topic(p));
      return sender.send(p);
    }

    @Override
    public void close() {
      sender.close();
    }
  }

  /** Creates a stream first. */
  private record Planned(ExporterProbe probe, StreamSetup setup, NatsClient client)
      implements ExporterProbe {
    @Override
    public String connect() throws IOException, InterruptedException {
      return probe.connect();
    }

    @Override
    public List<String> plan() throws IOException {
      return setup.plan(client);
    }

    @Override
    public String write(long seconds, double value) throws IOException, InterruptedException {
      return probe.write(seconds, value);
    }

    @Override
    public void close() {
      probe.close();
    }
  }

  private static final class Publisher implements Sender {
    private final NatsSettings settings;
    private final NatsClient client;

    @GuardedBy("this")
    private boolean isSetUp;

    Publisher(NatsSettings settings, NatsClient client) {
      this.settings = settings;
      this.client = client;
      this.isSetUp = settings.setup() == null;
    }

    /** Sets up the stream; returns the reason why JetStream rejects it, "" for none. */
    private synchronized String setUp() throws IOException {
      StreamSetup setup = settings.setup();
      if (isSetUp || setup == null) {
        return "";
      }
      String problem = setup.make(client);
      isSetUp = problem.isEmpty();
      return problem;
    }

    @Override
    public SendResult send(EncodedRequest p) throws IOException {
      String problem = setUp();
      if (!problem.isEmpty()) {
        return new SendResult.Retryable(Duration.ZERO, false, problem);
      }
      Map<String, String> h = new LinkedHashMap<>();
      h.put("Content-Type", p.headers().getOrDefault("content-type", ""));
      h.put("Nats-Msg-Id", p.headers().getOrDefault(MessageRequestEncoder.ID, ""));
      if (!settings.stream().isEmpty()) {
        h.put("Nats-Expected-Stream", settings.stream());
      }
      h.values().removeIf(String::isEmpty);
      return client.publish(MessageRequestEncoder.topic(p), h, p.body());
    }

    @Override
    public void close() {
      client.close();
    }
  }
}

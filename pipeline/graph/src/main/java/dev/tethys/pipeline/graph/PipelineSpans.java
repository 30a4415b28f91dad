package dev.tethys.pipeline.graph;

import dev.tethys.config.Redaction;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.tracing.ActiveSpan;
import dev.tethys.model.tracing.CallerContext;
import dev.tethys.model.tracing.SpanRecorder;
import dev.tethys.model.tracing.SpanSampling;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import java.io.IOException;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Spans of the graph about its own work: a span for each batch of a receiver, which ends with the
 * acknowledgement, and for each attempt of an exporter. Names and attributes are the Collector's.
 */
public final class PipelineSpans {
  private final SpanRecorder recorder = new SpanRecorder();
  private volatile boolean propagates;

  /**
   * Starts recording.
   *
   * @param propagates whether batches continue the trace of their sender, and exporter requests
   *     propagate the trace context
   * @param sink consumer of ended spans; must not block
   */
  public void recordTo(SpanSampling sampling, boolean propagates, Consumer<Span> sink) {
    this.propagates = propagates;
    recorder.recordTo(sampling, sink);
  }

  /** Stops recording. */
  public void off() {
    recorder.off();
  }

  /** Returns the span recorder for a receiver's batches. */
  Receiving receiving(ComponentId receiver, Signal signal) {
    return new Receiving(receiver, signal);
  }

  /** Spans of one receiver and signal. */
  final class Receiving {
    private final String name;
    private final String receiver;
    private final String accepted;
    private final String refused;
    private final String failed;

    private Receiving(ComponentId receiver, Signal signal) {
      this.receiver = receiver.toString();
      this.name =
          "receiver/"
              + receiver
              + switch (signal) {
                case TRACES -> "/TraceDataReceived";
                case METRICS -> "/MetricsReceived";
                case LOGS -> "/LogsReceived";
                case PROFILES -> "/ProfilesReceived";
              };
      String items =
          switch (signal) {
            case TRACES -> "_spans";
            case METRICS -> "_metric_points";
            case LOGS -> "_log_records";
            case PROFILES -> "_profile_samples";
          };
      this.accepted = "accepted" + items;
      this.refused = "refused" + items;
      this.failed = "failed" + items;
    }

    /** Starts the span of a batch. */
    AckCallback begin(int items, AckCallback ack) {
      if (!recorder.isOn()) {
        return ack;
      }
      ActiveSpan span =
          recorder.begin(
              name, ActiveSpan.Kind.INTERNAL, propagates ? CallerContext.current() : null);
      if (!span.isRecorded()) {
        return ack;
      }
      return outcome -> {
        int taken =
            switch (outcome) {
              case Outcome.Accepted a -> items;
              case Outcome.Rejected r -> Math.max(0, items - r.items());
              case Outcome.Unavailable u -> 0;
            };
        span.set("receiver", receiver)
            .set(accepted, (long) taken)
            .set(refused, (long) items - taken)
            .set(failed, 0L);
        switch (outcome) {
          case Outcome.Accepted a -> {}
          case Outcome.Rejected r -> span.failed(r.reason());
          case Outcome.Unavailable u -> span.failed(u.reason());
        }
        span.close();
        ack.complete(outcome);
      };
    }
  }

  /** Records a span for each request of a sender. */
  Sender traced(Sender sender, ComponentId exporter, Signal signal) {
    return new TracedSender(sender, exporter.toString(), signal.name().toLowerCase(Locale.ROOT));
  }

  /** Returns the sender traced by another one; the same one if none is traced. */
  static Sender untraced(Sender sender) {
    return sender instanceof TracedSender t ? t.sender : sender;
  }

  private final class TracedSender implements Sender {
    private final Sender sender;
    private final String exporter;
    private final String signal;

    TracedSender(Sender sender, String exporter, String signal) {
      this.sender = sender;
      this.exporter = exporter;
      this.signal = signal;
    }

    @Override
    public SendResult send(EncodedRequest request) throws IOException, InterruptedException {
      if (!recorder.isOn()) {
        return sender.send(request);
      }
      try (ActiveSpan span =
          recorder.begin("exporter/" + exporter + "/" + signal, ActiveSpan.Kind.INTERNAL)) {
        span.set("exporter", exporter).set("data_type", signal);
        int items = request.items();
        try {
          Sent sent =
              propagates
                  ? span.<Sent, InterruptedException>during(() -> attempt(request))
                  : attempt(request);
          SendResult result = sent.result();
          end(span, items, result);
          return result;
        } catch (IOException | InterruptedException | RuntimeException e) {
          ended(span, 0, items, String.valueOf(e.getMessage()));
          throw e;
        }
      }
    }

    private Sent attempt(EncodedRequest request) throws InterruptedException {
      try {
        return new Sent(sender.send(request), null);
      } catch (IOException e) {
        return new Sent(null, e);
      }
    }

    private static void end(ActiveSpan span, int items, SendResult result) {
      switch (result) {
        case SendResult.Delivered d -> ended(span, items, 0, "");
        case SendResult.Reassigned r -> ended(span, items, 0, "");
        case SendResult.Partial p -> ended(span, items - p.refused(), p.refused(), p.reason());
        case SendResult.Retryable r -> ended(span, 0, items, r.reason());
        case SendResult.Permanent p -> ended(span, 0, items, p.reason());
        case SendResult.Split s -> ended(span, 0, items, s.reason());
        case SendResult.PerItem p ->
            ended(
                span,
                p.delivered(),
                items - p.delivered(),
                p.refused().isEmpty() ? p.reason() : p.refused().getFirst().reason());
      }
    }

    private static void ended(ActiveSpan span, int sent, int failed, String reason) {
      span.set("items.sent", (long) sent).set("items.failed", (long) failed);
      if (failed > 0) {
        span.failed(Redaction.text(reason));
      }
    }

    @Override
    public void flushBeforeStop() {
      sender.flushBeforeStop();
    }

    @Override
    public void close() {
      sender.close();
    }
  }

  /** Result of an attempt: one of them. */
  private record Sent(@Nullable SendResult answer, @Nullable IOException failure) {
    SendResult result() throws IOException {
      if (failure != null) {
        throw failure;
      }
      return Objects.requireNonNull(answer);
    }
  }
}
